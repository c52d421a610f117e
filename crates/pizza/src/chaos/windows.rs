//! `pizza chaos windows`, `plan`, `annotate` and `forget`: chaos that people are to know of, planned or past.

use crate::admin::Installation;
use anyhow::{Context, ensure};
use clap::Args;
use comfy_table::{Table, presets::NOTHING};
use domain::{ChaosWindowId, NewChaosWindow};
use jiff::{SignedDuration, Timestamp};

/// List planned chaos windows, those of the last 90 days too.
#[derive(Args)]
pub struct Windows {
    #[command(flatten)]
    installation: Installation,
}

/// Plan a chaos window: whoever is woken within it is told so. Nothing is done to the factory.
///
/// Example: pizza chaos plan --from 2025-12-02T10:10Z --to 2025-12-02T10:22Z --kind fail --reason "quarterly drill"
#[derive(Args)]
pub struct Plan {
    #[command(flatten)]
    span: Span,
    /// Alerts of the factory within the window wake nobody.
    #[arg(long)]
    ticket: bool,
}

/// Mark a time of the past as a known chaos test, on the dashboard too.
///
/// Example: pizza chaos annotate --from 2025-12-02T10:10Z --to 2025-12-02T10:22Z --reason "chaos test of the factory"
#[derive(Args)]
pub struct Annotate {
    #[command(flatten)]
    span: Span,
}

/// Take a chaos window away.
#[derive(Args)]
pub struct Forget {
    /// The window's number.
    id: i64,
    #[command(flatten)]
    installation: Installation,
}

/// From when to when, what, and why.
#[derive(Args)]
struct Span {
    /// When it begins (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Timestamp,
    /// When it ends (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Timestamp,
    /// What is done to the factory.
    #[arg(long, default_value = "fail")]
    kind: String,
    /// Why.
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    installation: Installation,
}

impl Windows {
    pub async fn run(self) -> anyhow::Result<()> {
        let service = self.installation.open().await?;
        let from = Timestamp::now() - SignedDuration::from_hours(90 * 24);
        let mut table = Table::new();
        table.load_style(NOTHING).set_header(["id", "from", "to", "kind", "wakes", "reason"]);
        for window in service.operations().chaos_windows(from, Timestamp::MAX).await? {
            let plan = window.plan;
            let (from, to) = (format!("{:.0}", plan.from), format!("{:.0}", plan.to));
            let wakes = if plan.lowers_severity { "nobody" } else { "as ever" };
            table.add_row([window.id.to_string(), from, to, plan.kind, wakes.to_owned(), plan.reason]);
        }
        println!("{table}");
        Ok(())
    }
}

impl Plan {
    pub async fn run(self) -> anyhow::Result<()> {
        self.span.write_down(self.ticket).await
    }
}

impl Annotate {
    pub async fn run(self) -> anyhow::Result<()> {
        ensure!(
            self.span.to <= Timestamp::now(),
            "--to must be in the past; use `pizza chaos plan` for what is to come"
        );
        self.span.write_down(false).await
    }
}

impl Span {
    async fn write_down(self, lowers_severity: bool) -> anyhow::Result<()> {
        let (from, to) = (self.from, self.to);
        let (kind, reason) = (self.kind.trim().to_owned(), self.reason.trim().to_owned());
        let plan = NewChaosWindow { from, to, kind, reason, lowers_severity, planned_by: None }.checked()?;
        let service = self.installation.open().await?;
        let window = service.operations().plan_chaos_window(plan).await?;
        service.record_act("chaos_window.plan", format!("chaos window {}", window.id)).await?;
        println!(
            "Chaos window {}: {} from {:.0} to {:.0}.",
            window.id, window.plan.kind, window.plan.from, window.plan.to
        );
        if service.operations().has_dashboard() {
            service.operations().deliver_due().await;
            println!("The dashboard is told; if it cannot be reached now, the running service tries again.");
        }
        Ok(())
    }
}

impl Forget {
    pub async fn run(self) -> anyhow::Result<()> {
        let service = self.installation.open().await?;
        let id = ChaosWindowId(self.id);
        let gone = service.operations().forget_chaos_window(id).await?;
        gone.with_context(|| format!("there is no chaos window {id}; `pizza chaos windows` names them"))?;
        service.record_act("chaos_window.delete", format!("chaos window {id}")).await?;
        println!("Chaos window {id} is gone.");
        Ok(())
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "not a time such as 2025-12-02T10:10:00Z".to_owned())
}

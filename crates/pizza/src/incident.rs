//! `pizza incident`: what happened, and the report about it.

use crate::admin::Installation;
use anyhow::Context;
use clap::{Args, Subcommand};
use comfy_table::{Table, presets::NOTHING};
use domain::{Incident as Found, IncidentId};

/// See incidents and their reports, take one on, end the factory's chaos.
#[derive(Subcommand)]
pub enum Incident {
    /// List incidents, the newest first.
    List(List),
    /// Show one with its timeline.
    Show(One),
    /// Write one's report as Markdown to standard output.
    Report(One),
    /// Take one on: others see that somebody looks into it.
    Ack(Ack),
    /// Follow the link in the factory's answers that ends its chaos.
    EndChaos(One),
}

/// Which page of incidents.
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    installation: Installation,
    /// The page, counted from 1.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
    /// Incidents a page.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

/// Which incident.
#[derive(Args)]
pub struct One {
    /// The incident's number.
    id: i64,
    #[command(flatten)]
    installation: Installation,
}

/// Who takes which incident on.
#[derive(Args)]
pub struct Ack {
    #[command(flatten)]
    one: One,
    /// Who takes it on.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "somebody at the machine")]
    by: String,
}

impl Incident {
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list.run().await,
            Self::Show(one) => one.show().await,
            Self::Report(one) => one.report().await,
            Self::Ack(ack) => ack.run().await,
            Self::EndChaos(one) => one.end_chaos().await,
        }
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let service = self.installation.open().await?;
        let found = service.operations().incidents(self.page, self.limit).await?;
        let mut table = Table::new();
        table.load_style(NOTHING).set_header(["id", "cause", "began", "over", "acknowledged by"]);
        for incident in &found.incidents {
            let by = incident.acknowledged.as_ref().map(|by| by.by.clone()).unwrap_or_default();
            let began = format!("{:.0}", incident.began_at);
            table.add_row([incident.id.to_string(), incident.cause.to_string(), began, over(incident), by]);
        }
        println!("{table}");
        if found.incidents.is_empty() {
            println!("There are none. May it stay so.");
        }
        if found.more {
            println!("There are more: --page {}", self.page + 1);
        }
        Ok(())
    }
}

impl One {
    async fn show(self) -> anyhow::Result<()> {
        let service = self.installation.open().await?;
        let operations = service.operations();
        let file = operations.incident(IncidentId(self.id)).await?.with_context(|| unknown(self.id))?;
        let (incident, orders) = (&file.incident, operations.orders_of(&file).await?);
        println!(
            "Incident {}: {}, since {:.0}, over {}",
            self.id,
            incident.cause,
            incident.began_at,
            over(incident)
        );
        println!(
            "Orders: {} placed, {} made at once, {} made later, {} waiting, {} quarantined, {} rejected, {} cancelled, {} lost",
            orders.placed,
            orders.fulfilled_at_once,
            orders.fulfilled_later,
            orders.waiting,
            orders.quarantined,
            orders.rejected,
            orders.cancelled,
            orders.lost
        );
        if file.has_link && incident.closed_at.is_none() {
            println!(
                "The factory's answers have a link that ends its chaos: pizza incident end-chaos {}",
                self.id
            );
        }
        let mut table = Table::new();
        table.load_style(NOTHING);
        for event in &file.events {
            table.add_row([format!("{:.0}", event.at), event.text.clone()]);
        }
        println!("\n{table}");
        Ok(())
    }

    async fn report(self) -> anyhow::Result<()> {
        let service = self.installation.open().await?;
        let report = service.operations().report(IncidentId(self.id)).await?;
        print!("{}", report.with_context(|| unknown(self.id))?);
        Ok(())
    }

    async fn end_chaos(self) -> anyhow::Result<()> {
        let service = self.installation.open().await?;
        let ended = service.operations().end_chaos(IncidentId(self.id), "Somebody at the machine").await;
        service.record_act("incident.end_chaos", format!("incident {}", self.id)).await?;
        println!("The factory says: {}", ended?);
        Ok(())
    }
}

impl Ack {
    async fn run(self) -> anyhow::Result<()> {
        let id = self.one.id;
        let service = self.one.installation.open().await?;
        let by = service.operations().acknowledge(IncidentId(id), &self.by).await?;
        let by = by.with_context(|| unknown(id))?;
        service.record_act("incident.acknowledge", format!("incident {id}")).await?;
        println!("{} has taken incident {id} on, at {:.0}.", by.by, by.at);
        Ok(())
    }
}

fn over(incident: &Found) -> String {
    incident.closed_at.map_or("not yet".to_owned(), |at| format!("{at:.0}"))
}

fn unknown(id: i64) -> String {
    format!("there is no incident {id}; `pizza incident list` names them")
}

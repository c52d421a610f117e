//! `pizza alerts pause` and `pizza alerts resume`

use crate::admin::Installation;
use clap::Args;
use jiff::{SignedDuration, Timestamp};

/// Pause an alert rule for a while, on every instance. The pause ends by itself, after a day at most.
///
/// Example: pizza alerts pause latency --for 30m
#[derive(Args)]
pub struct Pause {
    /// The rule, as `pizza alerts list` names it.
    rule: String,
    /// How long, for example 30m or 2h.
    #[arg(long = "for", value_name = "DURATION")]
    duration: SignedDuration,
    #[command(flatten)]
    installation: Installation,
}

impl Pause {
    pub async fn run(self) -> anyhow::Result<()> {
        let service = self.installation.open().await?;
        // A time that no clock shows is as far away as one can be: it is refused with the others.
        let until = Timestamp::now().saturating_add(self.duration).unwrap_or(Timestamp::MAX);
        let by = "somebody at the machine".to_owned();
        let pause = service.operations().pause_alert(&self.rule, until, by).await?;
        service.record_act("alert.pause", format!("alert {}", pause.rule)).await?;
        println!("{} is paused until {:.0}. It ends by itself.", pause.rule, pause.until);
        Ok(())
    }
}

/// End an alert rule's pause.
#[derive(Args)]
pub struct Resume {
    /// The rule, as `pizza alerts list` names it.
    rule: String,
    #[command(flatten)]
    installation: Installation,
}

impl Resume {
    pub async fn run(self) -> anyhow::Result<()> {
        let service = self.installation.open().await?;
        let rule = service.operations().resume_alert(&self.rule).await?;
        service.record_act("alert.resume", format!("alert {rule}")).await?;
        println!("{rule} is evaluated again.");
        Ok(())
    }
}

//! `pizza alerts list`

use crate::admin::Installation;
use clap::Args;
use comfy_table::{Table, presets::NOTHING};
use service::AlertView;

/// List the alert rules and how each of them stands, on all instances.
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    installation: Installation,
    /// Show the latest changes too, so many of them.
    #[arg(long, value_name = "CHANGES", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1000))]
    history: u32,
}

impl List {
    pub async fn run(self) -> anyhow::Result<()> {
        let service = self.installation.open().await?;
        let operations = service.operations();
        let mut table = Table::new();
        table.load_style(NOTHING).set_header(["rule", "state", "since", "severity", "title"]);
        for alert in operations.alerts().await? {
            let since = alert.alerts.iter().map(|(_, alert)| alert.since).min();
            let since = since.map_or_else(String::new, |since| format!("{since:.0}"));
            table.add_row([alert.id, &state(&alert), &since, alert.severity.as_str(), alert.name]);
        }
        println!("{table}");
        if self.history > 0 {
            let mut table = Table::new();
            table.load_style(NOTHING).set_header(["when", "rule", "from", "to", "value", "instance"]);
            for entry in operations.alert_history(self.history).await? {
                let change = entry.change;
                let (at, value) = (format!("{:.0}", change.at), change.value.to_string());
                table.add_row([at, change.rule, change.from, change.to, value, entry.instance]);
            }
            println!("\n{table}");
        }
        Ok(())
    }
}

/// Nobody shall mistake a paused rule for one that is well.
fn state(alert: &AlertView) -> String {
    match &alert.pause {
        Some(pause) => format!("PAUSED until {:.0} by {}", pause.until, pause.by),
        None => alert.state.as_str().to_owned(),
    }
}

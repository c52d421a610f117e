//! `pizza admin audit`

use super::installation::Installation;
use clap::Args;
use comfy_table::{Table, presets::NOTHING};

/// Show the audit log: who did what, the newest first.
#[derive(Args)]
pub struct Audit {
    #[command(flatten)]
    installation: Installation,
    /// The page, counted from 1.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
    /// Entries a page.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

impl Audit {
    pub async fn run(self) -> anyhow::Result<()> {
        let service = self.installation.open().await?;
        let mut table = Table::new();
        table.load_style(NOTHING).set_header(["when", "who", "what", "to", "detail"]);
        for entry in service.store().audit_log(self.page, self.limit).await? {
            let who = entry.act.actor.map_or("at the machine".to_owned(), |actor| format!("user {actor}"));
            let detail = entry.act.detail.unwrap_or_default();
            table.add_row([entry.at.to_string(), who, entry.act.action, entry.act.subject, detail]);
        }
        println!("{table}");
        Ok(())
    }
}

//! `pizza alerts`: the alert rules of an installation, and the way to its people.

mod export;
mod list;
mod pause;
mod test;

use clap::Subcommand;

/// See the alert rules, export them for Prometheus and Grafana, pause one, test the way to the pager.
#[derive(Subcommand)]
pub enum Alerts {
    List(list::List),
    Export(export::Export),
    Pause(pause::Pause),
    Resume(pause::Resume),
    Test(test::Test),
}

impl Alerts {
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run().await,
            Self::Export(command) => command.run(),
            Self::Pause(command) => command.run().await,
            Self::Resume(command) => command.run().await,
            Self::Test(command) => command.run().await,
        }
    }
}

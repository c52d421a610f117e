//! `pizza admin migrate`

use super::installation::Installation;
use clap::Args;

/// Bring the database to this program's schema. Every start does the same; this is for who wants to know that it
/// works, or how long it takes, before the service is stopped. A historic database keeps all its tables as they are.
#[derive(Args)]
pub struct Migrate {
    #[command(flatten)]
    installation: Installation,
}

impl Migrate {
    pub async fn run(self) -> anyhow::Result<()> {
        self.installation.open().await?;
        println!("The database has the schema of this program.");
        Ok(())
    }
}

//! `pizza admin restore`

use super::installation::Installation;
use clap::Args;
use std::path::PathBuf;
use store::SqliteStore;

/// Put a backup in the place of the SQLite database. The service must be stopped; what was there is kept beside it.
///
/// Orders placed after the backup was made are not in it. Their pizzas may have been made: the factory's ledger
/// and the database that is kept know them.
#[derive(Args)]
pub struct Restore {
    #[command(flatten)]
    installation: Installation,
    /// The backup.
    file: PathBuf,
}

impl Restore {
    pub fn run(self) -> anyhow::Result<()> {
        let target = self.installation.file()?;
        let kept = SqliteStore::restore(&self.file, &target)?;
        println!("Restored {} from {}.", target.display(), self.file.display());
        if let Some(kept) = kept {
            println!("What was there is kept as {}.", kept.display());
        }
        Ok(())
    }
}

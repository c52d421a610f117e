//! `pizza admin backup`

use super::installation::Installation;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use store::SqliteStore;

/// Copy the SQLite database to a new file, while the service runs. The copy is one moment of it, checked, and on
/// disk when this ends.
///
/// Example: pizza admin backup /var/backups/pizza-$(date +%F).db
#[derive(Args)]
pub struct Backup {
    #[command(flatten)]
    installation: Installation,
    /// The file to write; it must not exist yet.
    file: PathBuf,
}

impl Backup {
    pub fn run(self) -> anyhow::Result<()> {
        let source = self.installation.file()?;
        let bar = ProgressBar::new(0).with_style(
            ProgressStyle::with_template("{bar:40} {decimal_bytes} of {decimal_total_bytes} {eta}")
                .expect("a constant that is a template"),
        );
        SqliteStore::backup(&source, &self.file, |written, about| {
            bar.set_length(about.max(written));
            bar.set_position(written);
        })?;
        bar.finish_and_clear();
        let size = std::fs::metadata(&self.file)?.len();
        println!("Copied {} to {} ({size} bytes).", source.display(), self.file.display());
        Ok(())
    }
}

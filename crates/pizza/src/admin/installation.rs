//! Which installation a command is about.

use anyhow::bail;
use clap::Args;
use service::{Service, config::Config};
use std::path::PathBuf;

/// Where the installation's configuration and database are.
#[derive(Args)]
pub struct Installation {
    /// The configuration file of the installation.
    #[arg(long, env = "PIZZA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The SQLite file [database.path, default data/pizza.db].
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
}

impl Installation {
    /// The configuration, as `pizza serve` would read it.
    pub fn config(self) -> anyhow::Result<Config> {
        let flags = self.database.map(|path| ("database.path", path.display().to_string().into()));
        Ok(Config::load(self.config, flags.into_iter().collect())?)
    }

    /// The service on the installation's database; nothing is served.
    pub async fn open(self) -> anyhow::Result<Service> {
        Ok(Service::open(self.config()?).await?)
    }

    /// The installation's SQLite file.
    pub fn file(self) -> anyhow::Result<PathBuf> {
        let database = self.config()?.database;
        if database.url.is_some() {
            bail!(
                "this is for SQLite files; copy a MySQL or MariaDB database with its own tools, for example \
                 mariadb-dump --single-transaction"
            );
        }
        Ok(database.path)
    }
}

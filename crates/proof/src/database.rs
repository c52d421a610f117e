//! Where the orders are: an SQLite file, or a MariaDB server of our own.

use anyhow::Context;
use clap::ValueEnum;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use test_mariadb::MariaDb;
use tokio::task::spawn_blocking;

/// Which database the service uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A file, as by default.
    Sqlite,
    /// A server (package mariadb-server) that is started for this.
    Mariadb,
}

pub(crate) enum Database {
    Sqlite(PathBuf),
    MariaDb { server: Arc<Mutex<MariaDb>>, name: String },
}

impl Database {
    pub async fn new(kind: Kind, folder: &Path) -> anyhow::Result<Self> {
        if kind == Kind::Sqlite {
            return Ok(Self::Sqlite(folder.join("pizza.db")));
        }
        let server = spawn_blocking(|| MariaDb::start(&[])).await??;
        let name = server.fresh_database();
        Ok(Self::MariaDb { server: Arc::new(Mutex::new(server)), name })
    }

    /// What the service is told. The server may have a proxy before it, at another port.
    pub fn setting(&self, proxy: Option<u16>) -> (&'static str, String) {
        match self {
            Self::Sqlite(path) => ("database.path", path.display().to_string()),
            Self::MariaDb { name, .. } => {
                let port = proxy.or(self.port()).unwrap_or_default();
                ("database.url", format!("mysql://root@127.0.0.1:{port}/{name}"))
            }
        }
    }

    /// Where the server listens, if it is one.
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Sqlite(_) => None,
            Self::MariaDb { server, .. } => {
                Some(server.lock().unwrap_or_else(PoisonError::into_inner).port())
            }
        }
    }

    /// SIGKILL for the server, and a new start on the same files.
    pub async fn kill_and_restart(&self) -> anyhow::Result<()> {
        let Self::MariaDb { server, .. } = self else { anyhow::bail!("a file cannot be killed") };
        let server = Arc::clone(server);
        let again = move || {
            let mut server = server.lock().unwrap_or_else(PoisonError::into_inner);
            server.kill();
            server.restart()
        };
        spawn_blocking(again).await?.context("the database does not start again")
    }
}

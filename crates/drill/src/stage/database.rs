//! A MariaDB server of the drill's own, for scenarios that need more than a file.

use anyhow::Context;
use test_mariadb::MariaDb;
use tokio::task::spawn_blocking;

/// A server with one empty database. Dropped, it is killed and its files are deleted.
pub(super) struct Database {
    /// Absent while somebody sees to it, on a thread that may block.
    server: Option<MariaDb>,
    pub url: String,
}

impl Database {
    /// Starts one; an error says which package is missing, if one is.
    pub async fn start() -> anyhow::Result<Self> {
        let (server, url) = spawn_blocking(|| {
            let server = MariaDb::start(&[])?;
            let url = server.url(&server.fresh_database());
            anyhow::Ok((server, url))
        })
        .await
        .context("MariaDB makes no database")?
        .context("this drill needs MariaDB")?;
        Ok(Self { server: Some(server), url })
    }

    /// SIGKILL: it gets no chance to do anything more.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.see_to(|server| {
            server.kill();
            Ok(())
        })
        .await
    }

    /// Starts it again, on the same port and files; returns when it answers.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.see_to(MariaDb::restart).await
    }

    async fn see_to(&mut self, act: fn(&mut MariaDb) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut server = self.server.take().context("the database is being seen to already")?;
        let (server, done) = spawn_blocking(move || {
            let done = act(&mut server);
            (server, done)
        })
        .await?;
        self.server = Some(server);
        done
    }
}

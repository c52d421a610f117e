//! One MariaDB server in a temporary folder.

use crate::{
    keeper::Keeper,
    ports::free_ports,
    programs::{client, install, quickest_folder, temporary},
};
use anyhow::bail;
use std::{
    fs,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Far longer than a start takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Tries to find a port that nobody else takes meanwhile.
const PORT_TRIES: u32 = 10;

/// A server on a free port of the loopback, whose `root` has no password.
///
/// It is killed, and its files are deleted, when this is dropped or when the process ends in whatever way.
pub struct MariaDb {
    folder: PathBuf,
    port: u16,
    arguments: Vec<String>,
    keeper: Keeper,
    databases: AtomicU32,
}

impl MariaDb {
    /// The server that all tests of this process share; the first who asks starts it.
    ///
    /// # Panics
    /// When it does not start: a test that needs a database must not pass without one.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<MariaDb> = OnceLock::new();
        SHARED.get_or_init(|| match Self::start(&[]) {
            Ok(server) => server,
            Err(error) => panic!("no MariaDB server for this test: {error:?}"),
        })
    }

    /// Starts a server of one's own, with further arguments for `mariadbd`. Its files are in memory where that can
    /// be: they survive a kill of the server, and a sync of them takes no time.
    ///
    /// # Errors
    /// When MariaDB is not installed or does not start; the error says what to do, or holds the log.
    pub fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        Self::start_in(&quickest_folder(), arguments)
    }

    /// Starts a server whose files are in a new folder within this one.
    ///
    /// # Errors
    /// As [`MariaDb::start`].
    pub fn start_in(folder: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let folder = TempDir::with_prefix_in("pizza-mariadb-", folder)?.keep();
        let started = install(&folder, "root").and_then(|()| start_on_a_free_port(&folder, &arguments));
        match started {
            Ok((port, keeper)) => Ok(Self { folder, port, arguments, keeper, databases: AtomicU32::new(0) }),
            Err(error) => {
                fs::remove_dir_all(&folder)?;
                Err(error)
            }
        }
    }

    /// The port it listens on, at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database of this server.
    pub fn url(&self, database: &str) -> String {
        format!("mysql://root@127.0.0.1:{}/{database}", self.port)
    }

    /// A new, empty database: its name.
    ///
    /// # Panics
    /// When the server does not make one.
    pub fn fresh_database(&self) -> String {
        let name = format!("pizza{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("", &format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"));
        name
    }

    /// Runs statements as the command-line client does, and answers its output: a line a row, columns
    /// separated by tabs.
    ///
    /// # Panics
    /// When one of them fails.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        match client(&self.folder.join("socket"), database, statements) {
            Ok(output) => output,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// SIGKILL: it gets no chance to do anything more.
    pub fn kill(&mut self) {
        self.keeper.kill();
    }

    /// Starts it again after [`MariaDb::kill`], on the same port and files.
    ///
    /// # Errors
    /// When it does not start; the error holds the log.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.keeper.kill();
        self.keeper = start(&self.folder, self.port, &self.arguments)?;
        Ok(())
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        self.keeper.kill();
        // Files that stay behind in a temporary folder hurt nobody.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn start_on_a_free_port(folder: &Path, arguments: &[String]) -> anyhow::Result<(u16, Keeper)> {
    let mut failed = None;
    for _ in 0..PORT_TRIES {
        let [port] = free_ports()?;
        match start(folder, port, arguments) {
            Ok(keeper) => return Ok((port, keeper)),
            Err(error) => failed = Some(error),
        }
    }
    Err(failed.expect("it was tried at least once"))
}

fn start(folder: &Path, port: u16, arguments: &[String]) -> anyhow::Result<Keeper> {
    let log = folder.join("log");
    let mut command = Command::new("mariadbd");
    command
        .args(["--no-defaults", "--user=root", "--bind-address=127.0.0.1", "--skip-name-resolve"])
        .args(["--character-set-server=utf8mb4", "--max-connections=500", "--performance-schema=OFF"])
        .args(["--innodb-buffer-pool-size=128M", "--innodb-log-file-size=64M"])
        .arg(format!("--datadir={}", folder.join("data").display()))
        .arg(format!("--tmpdir={}", temporary(folder)?.display()))
        .arg(format!("--socket={}", folder.join("socket").display()))
        .arg(format!("--pid-file={}", folder.join("pid").display()))
        .arg(format!("--port={port}"))
        .args(arguments);
    let earlier = fs::read(&log).unwrap_or_default().len();
    let keeper = Keeper::start(&command, &log, folder)?;
    let deadline = Instant::now() + PATIENCE;
    let said = || {
        let log = fs::read(&log).unwrap_or_default();
        String::from_utf8_lossy(log.get(earlier..).unwrap_or_default()).into_owned()
    };
    while Instant::now() < deadline && !said().contains("Aborting") {
        if UnixStream::connect(folder.join("socket")).is_ok() {
            return Ok(keeper);
        }
        thread::sleep(LOOK_EVERY);
    }
    bail!("mariadbd did not start:\n{}", said())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_committed_survives_a_kill() {
        let mut server = MariaDb::start(&[]).expect("MariaDB is installed");
        let database = server.fresh_database();
        server.sql(&database, "CREATE TABLE t (n INT PRIMARY KEY); INSERT INTO t VALUES (1), (2)");
        server.kill();
        assert!(UnixStream::connect(server.folder.join("socket")).is_err());
        server.restart().expect("its files are there");
        assert_eq!(server.sql(&database, "SELECT n FROM t ORDER BY n"), "1\n2\n");
    }

    #[test]
    fn nothing_is_left_of_a_server_that_was_dropped() {
        let server = MariaDb::start(&[]).expect("MariaDB is installed");
        let folder = server.folder.clone();
        drop(server);
        assert!(UnixStream::connect(folder.join("socket")).is_err());
        assert!(!folder.exists());
    }
}

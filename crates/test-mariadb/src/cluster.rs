//! A Galera cluster of three nodes on the loopback.

use crate::{
    node::{Entry, Node},
    programs::quickest_folder,
};
use anyhow::{Context, ensure};
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};
use tempfile::TempDir;

/// Three MariaDB servers that have the same databases, each with a port of its own; `root` has no password.
///
/// They are killed, and their files are deleted, when this is dropped or when the process ends in whatever way.
pub struct Galera {
    home: PathBuf,
    nodes: [Mutex<Node>; NODES],
    databases: AtomicU32,
}

/// Two of them are a majority, so one may die.
const NODES: usize = 3;

impl Galera {
    /// How many nodes there are.
    pub const NODES: usize = NODES;

    /// The cluster that all tests of this process share; the first who asks starts it.
    ///
    /// # Panics
    /// When it does not start: a test that needs a cluster must not pass without one.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Galera> = OnceLock::new();
        SHARED.get_or_init(|| match Self::start() {
            Ok(cluster) => cluster,
            Err(error) => panic!("no Galera cluster for this test: {error:?}"),
        })
    }

    /// Starts a cluster of one's own, node by node.
    ///
    /// # Errors
    /// When a package is not installed or a node does not start; the error says what to do, or holds the log.
    pub fn start() -> anyhow::Result<Self> {
        find_rsync()?;
        let home = TempDir::with_prefix_in("pizza-galera-", quickest_folder())?.keep();
        let by_root = fs::metadata(&home)?.uid() == 0;
        let node = |number| anyhow::Ok(Mutex::new(Node::new(&home, number, by_root)?));
        let nodes = [node(0)?, node(1)?, node(2)?];
        // From here on everything is cleaned up when a step fails.
        let cluster = Self { home, nodes, databases: AtomicU32::new(0) };
        cluster.with(0, |node| node.install())?;
        for number in 0..NODES {
            cluster.enter(number, if number == 0 { Entry::Founds } else { Entry::Joins })?;
        }
        Ok(cluster)
    }

    /// The port that a node listens on, at 127.0.0.1.
    pub fn port(&self, node: usize) -> u16 {
        self.with(node, |node| node.port())
    }

    /// The URL of a database, with the addresses of all nodes; this one is the first.
    pub fn url(&self, database: &str, first: usize) -> String {
        let address = |n| format!("127.0.0.1:{}", self.port((first + n) % NODES));
        let addresses: Vec<_> = (0..NODES).map(address).collect();
        format!("mysql://root@{}/{database}", addresses.join(","))
    }

    /// A new, empty database: its name.
    ///
    /// # Panics
    /// When the cluster does not make one.
    pub fn fresh_database(&self) -> String {
        let name = format!("pizza{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql(0, "", &format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"));
        name
    }

    /// Runs statements on one node as the command-line client does, and answers its output: a line a row, columns
    /// separated by tabs.
    ///
    /// # Panics
    /// When one of them fails.
    pub fn sql(&self, node: usize, database: &str, statements: &str) -> String {
        match self.with(node, |node| node.sql(database, statements)) {
            Ok(output) => output,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// How many nodes take part, as one of them sees it.
    ///
    /// # Panics
    /// When that one does not answer.
    pub fn size(&self, node: usize) -> usize {
        let status = self.sql(node, "", "SHOW STATUS LIKE 'wsrep_cluster_size'");
        let size = status.split_whitespace().last().and_then(|size| size.parse().ok());
        size.expect("a node of a cluster knows how many there are")
    }

    /// SIGKILL for one node: it gets no chance to do anything more, not even to say good-bye to the others.
    pub fn kill(&self, node: usize) {
        self.with(node, Node::kill);
    }

    /// Starts a node again after [`Galera::kill`]. It learns from the others what it missed meanwhile, if they still
    /// know, and otherwise everything.
    ///
    /// # Errors
    /// When it does not join; the error holds its log.
    pub fn rejoin(&self, node: usize) -> anyhow::Result<()> {
        self.enter(node, Entry::Joins)
    }

    /// The same for a node that has lost its files: it is given everything.
    ///
    /// # Errors
    /// When it does not join; the error holds its log.
    pub fn replace(&self, node: usize) -> anyhow::Result<()> {
        self.with(node, |node| node.forget())?;
        self.enter(node, Entry::Joins)
    }

    fn enter(&self, number: usize, entry: Entry) -> anyhow::Result<()> {
        let members = match entry {
            Entry::Founds => String::new(),
            Entry::Joins => (0..NODES)
                .filter(|other| *other != number)
                .map(|other| self.with(other, |node| node.group_address()))
                .collect::<Vec<_>>()
                .join(","),
        };
        self.with(number, |node| node.start(entry, &members))
    }

    fn with<T>(&self, node: usize, act: impl FnOnce(&mut Node) -> T) -> T {
        // A node is as good after a test's panic as before.
        act(&mut self.nodes[node].lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Galera {
    fn drop(&mut self) {
        for node in 0..NODES {
            self.kill(node);
        }
        // Files that stay behind in a temporary folder hurt nobody.
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// By which a node is given the others' files.
fn find_rsync() -> anyhow::Result<()> {
    let mut command = Command::new("rsync");
    let status = command.arg("--version").stdout(Stdio::null()).status();
    let status = status.context("rsync cannot be run; install the package rsync (apt-get install rsync)")?;
    ensure!(status.success(), "rsync ended with {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_was_killed_comes_back_and_learns_what_it_missed() {
        let cluster = Galera::start().expect("the packages are installed");
        let database = cluster.fresh_database();
        cluster.sql(1, &database, "CREATE TABLE t (n INT PRIMARY KEY); INSERT INTO t VALUES (1)");
        assert_eq!((cluster.size(0), cluster.size(2)), (3, 3));

        cluster.kill(2);
        cluster.sql(0, &database, "INSERT INTO t VALUES (2)");
        assert_eq!(cluster.size(0), 2);
        cluster.rejoin(2).expect("the others are there");
        assert_eq!(cluster.sql(2, &database, "SELECT n FROM t ORDER BY n"), "1\n2\n");
        assert_eq!(cluster.size(0), 3);

        let home = cluster.home.clone();
        drop(cluster);
        assert!(!home.exists());
    }
}

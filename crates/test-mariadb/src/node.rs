//! One node of a Galera cluster: a server with its own files and ports.

use crate::{
    keeper::Keeper,
    ports::free_ports,
    programs::{client, install, temporary},
};
use anyhow::{Context, bail, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Far longer than joining a cluster takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Where distributions put it.
const PROVIDERS: [&str; 3] =
    ["/usr/lib/galera/libgalera_smm.so", "/usr/lib/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so"];
/// The last words of a node that gives up.
const LAST_WORDS: [&str; 3] = ["[ERROR] Aborting", "mariadbd: Terminated.", "[ERROR] mysqld got signal"];

/// What happens on a kill, and when: a node is given up soon (a commit waits for it until then), but not at once, as
/// a busy machine may keep it from answering. The journal is small, so that a test can outrun it.
const GROUP: &str = "gcache.size=16M;gcache.page_size=8M;evs.keepalive_period=PT0.5S;evs.inactive_check_period=PT0.2S;\
    evs.suspect_timeout=PT3S;evs.inactive_timeout=PT10S;evs.install_timeout=PT7.5S";

pub(crate) struct Node {
    name: String,
    /// Of the whole cluster: deleted if this process dies.
    home: PathBuf,
    /// Whether its files must be given to the user that it runs as.
    by_root: bool,
    ports: Ports,
    keeper: Option<Keeper>,
}

#[derive(Clone, Copy)]
struct Ports {
    sql: u16,
    group: u16,
    increments: u16,
    snapshot: u16,
}

/// How a node comes to its cluster.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// It is the first one.
    Founds,
    /// With the files that it has, or none.
    Joins,
}

impl Node {
    /// A node that is not running, and has no files.
    pub(crate) fn new(home: &Path, number: usize, by_root: bool) -> anyhow::Result<Self> {
        let [sql, group, increments, snapshot] = free_ports()?;
        let ports = Ports { sql, group, increments, snapshot };
        Ok(Self { name: format!("node{number}"), home: home.to_owned(), by_root, ports, keeper: None })
    }

    /// Makes an empty database in which the cluster can begin.
    pub(crate) fn install(&self) -> anyhow::Result<()> {
        self.make_folders()?;
        install(&self.home.join(&self.name), "mysql")
    }

    /// The port for clients.
    pub(crate) fn port(&self) -> u16 {
        self.ports.sql
    }

    /// Where the other nodes find it.
    pub(crate) fn group_address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.group)
    }

    /// Starts it, and waits until it has all that the cluster has.
    pub(crate) fn start(&mut self, entry: Entry, cluster: &str) -> anyhow::Result<()> {
        ensure!(self.keeper.is_none(), "{} runs already", self.name);
        let position = self.last_position()?;
        let mut command = self.command()?;
        command.arg(format!("--wsrep-cluster-address=gcomm://{cluster}"));
        if entry == Entry::Founds {
            command.arg("--wsrep-new-cluster");
        }
        if let Some(position) = position {
            command.arg(format!("--wsrep-start-position={position}"));
        }
        let earlier = self.log().len();
        self.keeper = Some(Keeper::start(&command, &self.path("log"), &self.home)?);
        self.wait_until_synced(earlier)
    }

    pub(crate) fn kill(&mut self) {
        self.keeper = None;
    }

    /// It has lost its files, and has to be given everything.
    pub(crate) fn forget(&mut self) -> anyhow::Result<()> {
        ensure!(self.keeper.is_none(), "{} runs", self.name);
        Ok(fs::remove_dir_all(self.path("data"))?)
    }

    pub(crate) fn sql(&self, database: &str, statements: &str) -> anyhow::Result<String> {
        client(&self.path("socket"), database, statements).with_context(|| format!("on {}", self.name))
    }

    /// All it has said.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.path("log")).unwrap_or_default()).into_owned()
    }

    /// What was committed last before it was killed: from there on the others can tell it what it missed. That is
    /// how the service manager of an installation starts one.
    fn last_position(&self) -> anyhow::Result<Option<String>> {
        if !self.path("data/ibdata1").exists() {
            return Ok(None);
        }
        let mut command = self.command()?;
        command.arg("--wsrep-recover").stdin(Stdio::null());
        let output =
            command.output().context("mariadbd cannot be run; install the package mariadb-server")?;
        let said = String::from_utf8_lossy(&output.stderr);
        let position = said.lines().filter_map(|line| line.split_once("Recovered position: ")).next_back();
        Ok(position.map(|(_, position)| position.trim().to_owned()))
    }

    fn wait_until_synced(&self, earlier: usize) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let said = || self.log().get(earlier..).unwrap_or_default().to_owned();
        let gives_up = |said: String| LAST_WORDS.iter().any(|words| said.contains(words));
        while Instant::now() < deadline && !gives_up(said()) {
            let state = self.sql("", "SHOW STATUS LIKE 'wsrep_local_state_comment'");
            if state.is_ok_and(|state| state.contains("Synced")) {
                return Ok(());
            }
            thread::sleep(LOOK_EVERY);
        }
        bail!("{} did not join its cluster:\n{}", self.name, said())
    }

    fn command(&self) -> anyhow::Result<Command> {
        let Ports { sql, group, increments, snapshot } = self.ports;
        self.make_folders()?;
        let mut command = Command::new("mariadbd");
        command
            .args(["--no-defaults", "--user=mysql", "--bind-address=127.0.0.1", "--skip-name-resolve"])
            .args(["--character-set-server=utf8mb4", "--max-connections=500", "--performance-schema=OFF"])
            .args([
                "--innodb-buffer-pool-size=64M",
                "--innodb-log-file-size=32M",
                "--innodb-autoinc-lock-mode=2",
            ])
            .args(["--innodb-flush-log-at-trx-commit=1", "--binlog-format=ROW", "--wsrep-on=ON"])
            .args(["--wsrep-sst-method=rsync", "--wsrep-cluster-name=pizza", "--wsrep-slave-threads=2"])
            .arg(format!("--wsrep-provider={}", provider()?))
            .arg(format!("--wsrep-node-name={}", self.name))
            .arg(format!("--wsrep-node-address={}", self.group_address()))
            .arg(format!("--wsrep-node-incoming-address=127.0.0.1:{sql}"))
            .arg(format!("--wsrep-sst-receive-address=127.0.0.1:{snapshot}"))
            .arg(format!(
                "--wsrep-provider-options=base_host=127.0.0.1;base_port={group};\
                 gmcast.listen_addr=tcp://127.0.0.1:{group};ist.recv_addr=127.0.0.1:{increments};{GROUP}"
            ))
            .arg(format!("--datadir={}", self.path("data").display()))
            .arg(format!("--tmpdir={}", self.path("tmp").display()))
            .arg(format!("--socket={}", self.path("socket").display()))
            .arg(format!("--pid-file={}", self.path("pid").display()))
            .arg(format!("--port={sql}"));
        Ok(command)
    }

    fn make_folders(&self) -> anyhow::Result<()> {
        fs::create_dir_all(self.path("data"))?;
        temporary(&self.home.join(&self.name))?;
        if self.by_root { give_to_mysql(&self.home) } else { Ok(()) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.join(&self.name).join(name)
    }
}

fn provider() -> anyhow::Result<&'static str> {
    let there = PROVIDERS.into_iter().find(|path| Path::new(path).exists());
    there.context("Galera is not there; install the package galera-4 (apt-get install galera-4)")
}

/// A server that runs as root is not given files by others: their rsync steps down to nobody.
fn give_to_mysql(folder: &Path) -> anyhow::Result<()> {
    let status = Command::new("chown").args(["-R", "mysql:"]).arg(folder).status()?;
    ensure!(status.success(), "there is no user mysql; install the package mariadb-server");
    Ok(())
}

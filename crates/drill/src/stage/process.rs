//! One running process of the program.

use anyhow::{Context, bail, ensure};
use std::{
    env,
    fs::OpenOptions,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Far longer than anything takes to start, even in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How much of a log an error shows.
const TAIL_LINES: usize = 20;
/// Below those that the system hands out by itself (from 32768 on Linux): a port must still be free after a restart.
const PORTS: std::ops::Range<u16> = 16_000..32_000;

/// A command of the program that knows nothing of this process's `PIZZA_…` environment, and reaches the loopback
/// directly, whatever proxy this machine has.
pub(super) fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PIZZA_")) {
        command.env_remove(name);
    }
    command.env("NO_PROXY", "127.0.0.1,localhost").stdin(Stdio::null());
    command
}

/// A process that runs until it is killed, at the latest when it is dropped.
pub(super) struct Process {
    child: Child,
    name: &'static str,
    log: PathBuf,
}

impl Process {
    /// Starts one whose output is appended to the file `log`. It is in a process group of its own, so that a Ctrl-C
    /// ends the drill and not, out of turn, what the drill is about.
    pub fn spawn(name: &'static str, mut command: Command, log: PathBuf) -> anyhow::Result<Self> {
        use std::os::unix::process::CommandExt;
        let output = OpenOptions::new().create(true).append(true).open(&log)?;
        let started = command.stdout(output.try_clone()?).stderr(output).process_group(0).spawn();
        Ok(Self { child: started.with_context(|| format!("{name} does not start"))?, name, log })
    }

    /// Waits until a GET of `url` is answered with a success.
    pub async fn answers(&mut self, url: &str) -> anyhow::Result<()> {
        let http = crate::traffic::client(Duration::from_secs(5))?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if http.get(url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status} before it answered:\n{}", self.name, self.tail());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("{} does not answer at {url}:\n{}", self.name, self.tail())
    }

    pub fn kill(mut self) -> anyhow::Result<()> {
        ensure!(self.child.try_wait()?.is_none(), "{} had ended by itself:\n{}", self.name, self.tail());
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    fn tail(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of the loopback that nobody listens on.
pub(super) fn free_port() -> anyhow::Result<u16> {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(|| fastrand::u16(PORTS)).take(1000).find(free).context("no port is free")
}

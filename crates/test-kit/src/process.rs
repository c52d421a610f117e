//! One running process of the real program, and the real signals that end it.

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    env,
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Far longer than anything takes, even in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How much of a log a failed test shows.
const TAIL_LINES: usize = 30;

/// A command of the program that knows nothing of this process's `PIZZA_…` environment, and reaches the
/// loopback directly, whatever proxy this machine has.
pub fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("PIZZA_") {
            command.env_remove(name);
        }
    }
    command.env("NO_PROXY", "127.0.0.1,localhost").stdin(Stdio::null());
    command
}

/// A process that runs until it is told to end. Dropped, it is killed; in a test that fails, the end of its
/// log is printed, without what went well.
pub struct Process {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Process {
    /// Starts a process whose output, log lines and errors alike, is appended to the file `log`.
    ///
    /// # Errors
    /// When the log cannot be written or the program is not there.
    pub fn spawn(name: &str, mut command: Command, log: PathBuf) -> anyhow::Result<Self> {
        let output = OpenOptions::new().create(true).append(true).open(&log)?;
        let child = command
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("{name} does not start"))?;
        Ok(Self { child, name: name.to_owned(), log })
    }

    /// Waits until a GET of `url` is answered with a success.
    ///
    /// # Errors
    /// When the process ends first, or never answers; the error holds its log.
    pub async fn answers(&mut self, url: &str) -> anyhow::Result<()> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Ok(answer) = http.get(url).send().await
                && answer.status().is_success()
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status} before it answered:\n{}", self.name, self.log()?);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("{} does not answer at {url}:\n{}", self.name, self.log()?)
    }

    /// Its number among the system's processes.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// SIGKILL: it gets no chance to do anything more.
    ///
    /// # Errors
    /// When the process has ended before.
    pub fn kill(mut self) -> anyhow::Result<()> {
        ensure!(self.child.try_wait()?.is_none(), "{} was not running any more", self.name);
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and how it ended.
    ///
    /// # Errors
    /// When the process has ended before, or does not end.
    pub async fn terminate(mut self) -> anyhow::Result<ExitStatus> {
        ensure!(self.child.try_wait()?.is_none(), "{} was not running any more", self.name);
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("{} does not end after SIGTERM:\n{}", self.name, self.log()?)
    }

    /// All it has written so far.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log(&self) -> anyhow::Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(&self.log)?).into_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking()
            && let Ok(log) = self.log()
        {
            // What went well is most of it, and tells nothing.
            let lines: Vec<_> = log.lines().filter(|line| !line.contains(r#""level":"INFO""#)).collect();
            let tail = lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n");
            println!("──── the end of the log of {} ────\n{tail}", self.name);
        }
    }
}

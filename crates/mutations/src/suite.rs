//! Running named tests of a tree.

use anyhow::{Context, Result, ensure};
use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

/// Cargo, in one tree, with build artefacts of its own.
#[derive(Debug)]
pub struct Suite {
    /// The tree.
    pub root: PathBuf,
    /// Where it is built.
    pub target: PathBuf,
    /// How long they may run. Longer, and one hangs, which is a failure.
    pub patience: Duration,
}

/// How tests went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestRun {
    /// They ran and passed.
    Passed,
    /// They ran and one failed, with these last words.
    Failed(String),
    /// They ran for longer than anybody waits.
    Hung,
    /// They could not be built.
    NotBuilt(String),
    /// Not all of them exist.
    Missing,
}

impl Suite {
    /// Builds a test program and runs these of its tests.
    ///
    /// # Errors
    /// When cargo cannot be started.
    pub fn run(&self, package: &str, program: &str, tests: &[&str]) -> Result<TestRun> {
        let built = self.cargo(package, program).arg("--no-run").output().context("cannot start cargo")?;
        if !built.status.success() {
            return Ok(TestRun::NotBuilt(errors(&String::from_utf8_lossy(&built.stderr))));
        }
        // `timeout` ends the whole group: a test may have started programs.
        let mut cargo = Command::new("timeout");
        cargo.arg("--kill-after=10").arg(self.patience.as_secs().to_string());
        let inner = self.cargo(package, program);
        cargo.arg(inner.get_program()).args(inner.get_args());
        cargo.args(["--", "--include-ignored", "--exact"]).args(tests);
        self.settle(&mut cargo);
        let ran = cargo.output().context("cannot start `timeout`, of the package coreutils")?;
        let said = String::from_utf8_lossy(&ran.stdout);
        let (begun, passed) =
            (format!("running {} test", tests.len()), format!("ok. {} passed", tests.len()));
        Ok(match ran.status.code() {
            Some(0) if said.contains(&passed) => TestRun::Passed,
            Some(0) => TestRun::Missing,
            Some(124 | 137) => TestRun::Hung,
            _ if said.contains("test result: FAILED") => TestRun::Failed(last_words(&said)),
            // A test program that was aborted failed as well, if it had begun.
            _ if said.contains(&begun) => TestRun::Failed("the test program was aborted".to_owned()),
            _ => TestRun::NotBuilt(errors(&String::from_utf8_lossy(&ran.stderr))),
        })
    }

    fn cargo(&self, package: &str, program: &str) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.args(["test", "--quiet", "--locked", "--package", package]);
        match program {
            "lib" => cargo.arg("--lib"),
            named => cargo.args(["--test", named]),
        };
        self.settle(&mut cargo);
        cargo
    }

    fn settle(&self, command: &mut Command) {
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target).stdin(Stdio::null());
    }

    /// Whether the tree can be built and tested at all.
    ///
    /// # Errors
    /// When it has no manifest.
    pub fn check(&self) -> Result<()> {
        ensure!(self.root.join("Cargo.toml").exists(), "{} is no workspace", self.root.display());
        Ok(())
    }
}

fn errors(said: &str) -> String {
    said.lines().filter(|line| line.starts_with("error")).take(5).collect::<Vec<_>>().join("; ")
}

/// What the test that failed said first.
fn last_words(said: &str) -> String {
    let mut lines = said.lines().skip_while(|line| !line.contains("panicked at"));
    let told = lines.nth(1).or_else(|| said.lines().find(|line| line.starts_with("Error"))).unwrap_or("");
    told.trim().chars().take(160).collect()
}

//! What every bar needs to measure: how long, how often, with which programs, and where.

use crate::{
    process::Server,
    site::{Settings, Site},
};
use anyhow::{Context, bail};
use std::{
    cell::OnceCell,
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

/// Connections of the load generator, as in the measurements that the bars come from.
pub const CONNECTIONS: usize = 64;

/// One run of the bench.
pub struct Bench {
    /// Rounds, in each of which both sides have their turn.
    pub rounds: usize,
    /// How long a side is measured in a round.
    pub span: Duration,
    /// Only to see that everything runs.
    pub short: bool,
    /// Outages in real time.
    pub full: bool,
    own: PathBuf,
    pizza: PathBuf,
    dir: TempDir,
    kept: Option<PathBuf>,
    site: OnceCell<Site>,
}

impl Bench {
    /// Finds the programs, and a folder for the databases.
    pub fn open(dir: Option<PathBuf>) -> anyhow::Result<Self> {
        let own = env::current_exe().context("where this program is")?;
        let folder = own.parent().context("a program is in a folder")?.to_owned();
        let pizza = folder.join("pizza");
        if !pizza.is_file() {
            bail!(
                "{} is missing: `cargo build --release -p pizza -p bench` builds both programs side by side",
                pizza.display()
            );
        }
        let within = dir.unwrap_or(folder);
        let dir = tempfile::Builder::new().prefix("bench-").tempdir_in(&within);
        let dir = dir.with_context(|| format!("databases cannot be written to {}", within.display()))?;
        Ok(Self {
            rounds: 9,
            span: Duration::from_secs(2),
            short: false,
            full: false,
            own,
            pizza,
            kept: within.parent().map(|outer| outer.join("bench-data")),
            dir,
            site: OnceCell::new(),
        })
    }

    /// The same in as little time as can be.
    pub fn short(self) -> Self {
        Self { rounds: 1, span: Duration::from_millis(500), short: true, ..self }
    }

    /// How long a load runs before it counts.
    pub fn warm_up(&self) -> Duration {
        self.span / 5
    }

    /// Says what is being done.
    pub fn step(&self, what: &str) {
        println!("  {what}");
    }

    /// Measures both sides in each round. Who goes first takes turns, so that drift favours nobody.
    pub fn in_turns<T>(
        &self,
        mut ours: impl FnMut() -> anyhow::Result<T>,
        mut other: impl FnMut() -> anyhow::Result<T>,
    ) -> anyhow::Result<(Vec<T>, Vec<T>)> {
        let mut both = (Vec::new(), Vec::new());
        for round in 0..self.rounds {
            if round % 2 == 0 {
                both.0.push(ours()?);
                both.1.push(other()?);
            } else {
                both.1.push(other()?);
                both.0.push(ours()?);
            }
            self.step(&format!("round {} of {}", round + 1, self.rounds));
        }
        Ok(both)
    }

    /// What our servers start from; made at first use.
    pub fn site(&self) -> anyhow::Result<&Site> {
        if let Some(site) = self.site.get() {
            return Ok(site);
        }
        self.step("seeding a database and registering diners");
        let site = Site::build(self)?;
        Ok(self.site.get_or_init(|| site))
    }

    /// Our order service, on a fresh copy of the seeded database.
    pub fn service(&self, settings: &Settings) -> anyhow::Result<Server> {
        let site = self.site()?;
        let database = self.fresh_path("service.db")?;
        site.copy_to(&database)?;
        site.serve(self, &database, settings)
    }

    /// A path in this run's folder that nothing is at.
    pub fn fresh_path(&self, name: &str) -> anyhow::Result<PathBuf> {
        // The folder goes with the run's.
        let folder = tempfile::Builder::new().prefix("run-").tempdir_in(self.dir.path())?.keep();
        Ok(folder.join(name))
    }

    /// A database that takes long to make, and is kept for later runs: `make` is told where to make it.
    pub fn kept(
        &self,
        name: &str,
        make: impl FnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<PathBuf> {
        let folder = self.kept.as_deref().context("a program is in a folder within another")?;
        let path = folder.join(name);
        if !path.is_file() {
            fs::create_dir_all(folder)?;
            let unfinished = folder.join(format!("{name}.unfinished"));
            // Of a run that was interrupted.
            let _ = fs::remove_file(&unfinished);
            make(&unfinished)?;
            fs::rename(&unfinished, &path)?;
        }
        Ok(path)
    }

    /// The program that is measured.
    pub fn pizza(&self) -> &Path {
        &self.pizza
    }

    /// This program, which is the bare servers too.
    pub fn own(&self) -> &Path {
        &self.own
    }
}

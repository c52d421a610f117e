//! SIGKILL at random moments under load, and a restart at once.

use crate::{
    chart::histograms,
    database::Kind,
    findings::Findings,
    ledger::Ledger,
    load::Load,
    promises,
    spread::Spread,
    stage::{HASTE, Plan, Stage},
    weather::{Climate, Weather},
};
use anyhow::{Context, ensure};
use clap::ValueEnum;
use fastrand::Rng;
use indicatif::ProgressBar;
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::{sleep, timeout};

/// How long the service is left alone between two kills, in milliseconds.
const CALM: std::ops::Range<u64> = 50..2500;
/// How long after a start it is killed when it is not even let start.
const YOUNG: std::ops::Range<u64> = 0..250;
/// Far longer than a recovery takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Victim {
    /// The order service.
    Service,
    /// The MariaDB server.
    Database,
    /// Now one, now the other, now both at the same moment.
    Both,
}

/// Many kills under load.
pub struct Kills {
    /// The executable of `pizza`.
    pub program: PathBuf,
    /// Where orders are.
    pub database: Kind,
    /// Who is killed.
    pub victim: Victim,
    /// How often.
    pub kills: u32,
    /// Orders a second.
    pub rate: f64,
    /// What everything random comes from.
    pub seed: u64,
}

/// How long it took, each time.
#[derive(Default)]
struct Recoveries {
    ready: Vec<Duration>,
    acknowledged: Vec<Duration>,
    of_the_service: u32,
    of_the_database: u32,
    while_starting: u32,
}

impl Kills {
    /// Runs it.
    ///
    /// # Errors
    /// When it cannot be carried through; promises that were not kept are in the findings.
    pub async fn run(&self, bar: &ProgressBar) -> anyhow::Result<Findings> {
        ensure!(
            self.victim == Victim::Service || self.database == Kind::Mariadb,
            "an SQLite database is part of the service: only a server can be killed by itself"
        );
        let plan = Plan {
            program: &self.program,
            database: self.database,
            disk: None,
            settings: &HASTE,
            diners: 12,
        };
        let mut stage = Stage::set(plan).await?;
        let load = Load::begin(&stage, self.rate, self.seed);
        let climate = Climate { calm: 2.0..8.0, storm: 1..4 };
        let weather = Weather::begin(stage.factory.clone(), climate, self.seed);
        let recoveries = self.kill(&mut stage, &load.ledger, bar).await?;
        let storms = weather.end().await?;
        let ledger = load.end().await?;

        let mut findings = Findings::default();
        findings.figure("SIGKILLs of the service", recoveries.of_the_service);
        findings.figure("    of them while it started", recoveries.while_starting);
        findings.figure("SIGKILLs of the database", recoveries.of_the_database);
        findings.figure("storms over the factory meanwhile", storms);
        let (ready, acknowledged) = (Spread::of(recoveries.ready), Spread::of(recoveries.acknowledged));
        findings.figure("from the kill until /readyz", ready.in_words());
        findings.figure("from the kill until an order is acknowledged", acknowledged.in_words());
        let spreads = [("until /readyz", &ready), ("until an order is acknowledged", &acknowledged)];
        let title = format!("Recovery after SIGKILL, {:?} on {:?}", self.victim, self.database);
        findings.files.push(("recovery.svg", histograms(&title, &spreads)));
        promises::check(&stage, &ledger, &mut findings, bar).await?;
        Ok(findings)
    }

    async fn kill(
        &self,
        stage: &mut Stage,
        ledger: &Ledger,
        bar: &ProgressBar,
    ) -> anyhow::Result<Recoveries> {
        let mut random = Rng::with_seed(self.seed);
        let mut done = Recoveries::default();
        bar.set_length(u64::from(self.kills));
        while done.count() < self.kills {
            sleep(Duration::from_millis(random.u64(CALM))).await;
            let victim = match self.victim {
                Victim::Both => [Victim::Service, Victim::Database, Victim::Both][random.usize(..3)],
                one => one,
            };
            let mut killed = Instant::now();
            let database = (victim != Victim::Service).then(|| {
                let database = Arc::clone(&stage.database);
                tokio::spawn(async move { database.kill_and_restart().await })
            });
            if victim != Victim::Database {
                killed = self.kill_service(stage, &mut done, &mut random).await?;
            }
            if let Some(restarting) = database {
                restarting.await??;
            }
            done.of_the_database += u32::from(victim != Victim::Service);
            stage.ready().await?;
            done.ready.push(killed.elapsed());
            let acknowledged = timeout(PATIENCE, ledger.next_acknowledgement(killed)).await;
            done.acknowledged.push(acknowledged.context("no order is acknowledged any more")? - killed);
            bar.set_position(u64::from(done.count()));
            bar.set_message(format!("{} orders acknowledged", ledger.pages().acknowledged()));
        }
        Ok(done)
    }

    /// Kills it, and starts it at once; sometimes it does not even get that far. Answers when it was killed last.
    async fn kill_service(
        &self,
        stage: &mut Stage,
        done: &mut Recoveries,
        random: &mut Rng,
    ) -> anyhow::Result<Instant> {
        loop {
            let killed = Instant::now();
            stage.kill()?;
            stage.spawn()?;
            done.of_the_service += 1;
            if done.count() >= self.kills || random.u32(0..6) > 0 {
                return Ok(killed);
            }
            sleep(Duration::from_millis(random.u64(YOUNG))).await;
            done.while_starting += 1;
        }
    }
}

impl Recoveries {
    fn count(&self) -> u32 {
        self.of_the_service + self.of_the_database
    }
}

//! The SQLite file on a disk that is full again and again, under load.

use crate::{
    chart::histograms,
    database::Kind,
    disk::SmallDisk,
    findings::Findings,
    ledger::Ledger,
    load::Load,
    promises,
    spread::Spread,
    stage::{HASTE, Plan, Stage},
};
use anyhow::{Context, bail, ensure};
use fastrand::Rng;
use indicatif::ProgressBar;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use tokio::time::{sleep, timeout};

pub use crate::disk::FileSystem;

/// The whole disk, in MiB.
const DISK: u32 = 48;
/// What is left for orders when it begins to fill, in KiB.
const LEFT: std::ops::Range<u64> = 64..512;
/// So long nobody was promised anything: then it is full.
const SILENCE: Duration = Duration::from_secs(1);
/// And so long it stays full, in milliseconds.
const FULL: std::ops::Range<u64> = 1000..2500;
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A disk that is full several times.
pub struct DiskFull {
    /// The executable of `pizza`.
    pub program: PathBuf,
    /// What kind of disk.
    pub file_system: FileSystem,
    /// How often it is full. In every second of these rounds the service is killed while it is.
    pub rounds: u32,
    /// Orders a second.
    pub rate: f64,
    /// What everything random comes from.
    pub seed: u64,
}

#[derive(Default)]
struct Rounds {
    again: Vec<Duration>,
    kills: u32,
    /// How often the service did not start while there was no room.
    not_started: u32,
    reads: u32,
    broken: Vec<String>,
}

impl DiskFull {
    /// Runs it.
    ///
    /// # Errors
    /// When it cannot be carried through; promises that were not kept are in the findings.
    pub async fn run(&self, bar: &ProgressBar) -> anyhow::Result<Findings> {
        let disk = SmallDisk::mount(self.file_system, DISK)?;
        let plan = Plan {
            program: &self.program,
            database: Kind::Sqlite,
            disk: Some(disk.path()),
            settings: &HASTE,
            diners: 12,
        };
        let mut stage = Stage::set(plan).await?;
        let load = Load::begin(&stage, self.rate, self.seed);
        let (mut rounds, mut random) = (Rounds::default(), Rng::with_seed(self.seed));
        bar.set_length(u64::from(self.rounds));
        for round in 0..self.rounds {
            self.round(&mut stage, &disk, &load.ledger, &mut rounds, &mut random, round % 2 == 1).await?;
            bar.inc(1);
            bar.set_message(format!("{} orders acknowledged", load.ledger.pages().acknowledged()));
        }
        let ledger = load.end().await?;

        let mut findings = Findings { broken: rounds.broken, ..Findings::default() };
        findings.figure("disk", format!("{:?}, {DISK} MiB", disk.file_system));
        findings.figure("times it was full", self.rounds);
        findings.figure("SIGKILLs while it was", rounds.kills);
        findings.figure("starts that failed while it was", rounds.not_started);
        findings.figure("reads that were answered while it was", rounds.reads);
        let again = Spread::of(rounds.again);
        findings.figure("from room until an order is acknowledged", again.in_words());
        findings.files.push((
            "disk-full.svg",
            histograms("When there is room again", &[("until an order is acknowledged", &again)]),
        ));
        promises::check(&stage, &ledger, &mut findings, bar).await?;
        Ok(findings)
    }

    async fn round(
        &self,
        stage: &mut Stage,
        disk: &SmallDisk,
        ledger: &Ledger,
        rounds: &mut Rounds,
        random: &mut Rng,
        kills: bool,
    ) -> anyhow::Result<()> {
        disk.fill(random.u64(LEFT))?;
        fills_up(disk, ledger).await?;
        let full = Instant::now();
        for _ in 0..if kills { random.u32(1..4) } else { 0 } {
            stage.kill()?;
            rounds.kills += 1;
            stage.spawn()?;
            self.comes_up(stage, rounds).await?;
        }
        reads_go_on(stage, ledger, rounds).await?;
        sleep(Duration::from_millis(random.u64(FULL)).saturating_sub(full.elapsed())).await;
        reads_go_on(stage, ledger, rounds).await?;

        let room = Instant::now();
        disk.relieve()?;
        if !kills && stage.ended()?.is_some() {
            bail!("the service ended by itself");
        }
        while stage.process_id().is_none() || stage.ended()?.is_some() {
            stage.spawn()?;
            // It may have been about to give up when there was room again.
            let _ = stage.ready().await;
        }
        let acknowledged = timeout(PATIENCE, ledger.next_acknowledgement(room)).await;
        rounds.again.push(acknowledged.context("there is room, and no order is acknowledged")? - room);
        sleep(Duration::from_millis(random.u64(200..1000))).await;
        Ok(())
    }

    /// As whatever runs the service would: when it ends, it is started again. Without room it may never get ready.
    async fn comes_up(&self, stage: &mut Stage, rounds: &mut Rounds) -> anyhow::Result<()> {
        let begun = Instant::now();
        while !stage.is_ready().await && begun.elapsed() < Duration::from_secs(5) {
            if stage.ended()?.is_some() {
                rounds.not_started += 1;
                sleep(Duration::from_millis(500)).await;
                stage.spawn()?;
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}

/// Orders fill it to the last page; what they leave because it is too little for one is taken from them.
async fn fills_up(disk: &SmallDisk, ledger: &Ledger) -> anyhow::Result<()> {
    let begun = Instant::now();
    let refused = ledger.pages().refused;
    while ledger.pages().refused == refused {
        ensure!(begun.elapsed() < PATIENCE, "the disk is not full, {} bytes are left", disk.free()?);
        sleep(LOOK_EVERY).await;
    }
    disk.fill(0)?;
    while ledger.last_acknowledgement().is_some_and(|last| last.elapsed() < SILENCE) {
        ensure!(begun.elapsed() < PATIENCE, "the disk is full, and orders are acknowledged");
        sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// Who only looks does not notice.
async fn reads_go_on(stage: &Stage, ledger: &Ledger, rounds: &mut Rounds) -> anyhow::Result<()> {
    let diner = &stage.diners[0];
    let mut paths =
        vec!["/livez".to_owned(), "/api/order/menu".into(), "/api/order".into(), "/api/status".into()];
    let last = ledger
        .pages()
        .wishes
        .iter()
        .rev()
        .find(|wish| wish.diner == 0 && !wish.acknowledged.is_empty())
        .cloned();
    paths.extend(last.map(|wish| format!("/api/order/{}", wish.acknowledged[0].order)));
    for path in paths {
        match diner.get(&stage.http, &path).send().await {
            Ok(answer) if answer.status().is_success() => rounds.reads += 1,
            Ok(answer) => rounds
                .broken
                .push(format!("{path} is answered with {} while the disk is full", answer.status())),
            Err(error) => {
                rounds.broken.push(format!("{path} is not answered while the disk is full: {error}"))
            }
        }
    }
    Ok(())
}

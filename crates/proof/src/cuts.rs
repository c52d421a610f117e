//! The network between service and factory, and between service and database, cut, clogged and slowed under load.

use crate::{
    database::Kind,
    findings::Findings,
    load::Load,
    promises,
    proxy::{Mode, Proxy},
    stage::{HASTE, Plan, Stage},
};
use anyhow::{Context, ensure};
use fastrand::Rng;
use indicatif::ProgressBar;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    time::{Duration, Instant},
};
use tokio::time::{sleep, timeout};

/// How long a way is as it should be, and then as it should not, in milliseconds.
const CALM: std::ops::Range<u64> = 300..2000;
const TROUBLE: std::ops::Range<u64> = 50..3000;
const PATIENCE: Duration = Duration::from_secs(60);

/// Many troubles on the ways between the processes.
pub struct Cuts {
    /// The executable of `pizza`.
    pub program: PathBuf,
    /// Where orders are: the way to a MariaDB server is troubled too.
    pub database: Kind,
    /// How many troubles.
    pub cuts: u32,
    /// Orders a second.
    pub rate: f64,
    /// What everything random comes from.
    pub seed: u64,
}

impl Cuts {
    /// Runs it.
    ///
    /// # Errors
    /// When it cannot be carried through; promises that were not kept are in the findings.
    pub async fn run(&self, bar: &ProgressBar) -> anyhow::Result<Findings> {
        let plan = Plan {
            program: &self.program,
            database: self.database,
            disk: None,
            settings: &HASTE,
            diners: 12,
        };
        let mut stage = Stage::set(plan).await?;
        let mut ways = vec![("factory", Proxy::start(stage.factory_port()).await?)];
        stage.redirect("factory.url", format!("http://127.0.0.1:{}", ways[0].1.port()));
        if let Some(port) = stage.database.port() {
            let proxy = Proxy::start(port).await?;
            let (key, value) = stage.database.setting(Some(proxy.port()));
            stage.redirect(key, value);
            ways.push(("database", proxy));
        }
        stage.kill()?;
        stage.spawn()?;
        stage.ready().await?;
        let process = stage.process_id();

        let load = Load::begin(&stage, self.rate, self.seed);
        let troubles = self.trouble(&ways, bar).await;
        let over = Instant::now();
        let acknowledged = timeout(PATIENCE, load.ledger.next_acknowledgement(over)).await;
        let again = acknowledged.context("no order is acknowledged any more")? - over;
        let ledger = load.end().await?;
        ensure!(stage.ended()?.is_none() && stage.process_id() == process, "the service ended by itself");

        let mut findings = Findings::default();
        for (trouble, times) in troubles {
            findings.figure(&trouble, times);
        }
        findings.figure(
            "from the end of the last until an order is acknowledged",
            format!("{} ms", again.as_millis()),
        );
        promises::check(&stage, &ledger, &mut findings, bar).await?;
        Ok(findings)
    }

    /// What was done, and how often.
    async fn trouble(&self, ways: &[(&str, Proxy)], bar: &ProgressBar) -> BTreeMap<String, u32> {
        let (mut random, mut done) = (Rng::with_seed(self.seed), BTreeMap::new());
        bar.set_length(u64::from(self.cuts));
        for _ in 0..self.cuts {
            sleep(Duration::from_millis(random.u64(CALM))).await;
            // Sometimes everything at once.
            let all = random.u32(0..5) == 0;
            let chosen = random.usize(..ways.len());
            for (_, (name, way)) in ways.iter().enumerate().filter(|(at, _)| all || *at == chosen) {
                let (what, mode) = mode(&mut random);
                bar.set_message(format!("{name}: {what}"));
                *done.entry(format!("the way to the {name} {what}, times")).or_default() += 1;
                way.set(mode);
            }
            sleep(Duration::from_millis(random.u64(TROUBLE))).await;
            ways.iter().for_each(|(_, way)| way.set(Mode::Pass));
            bar.inc(1);
        }
        done
    }
}

fn mode(random: &mut Rng) -> (&'static str, Mode) {
    let slow = Mode::Slow {
        latency: Duration::from_millis(random.u64(5..400)),
        bandwidth: random.u32(2_000..200_000),
    };
    [("cut", Mode::Cut), ("a black hole", Mode::Blackhole), ("slow", slow), ("half closed", Mode::HalfClosed)]
        [random.usize(..4)]
}

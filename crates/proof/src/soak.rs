//! A long run at a moderate rate: what the service takes of the machine must stay as it is.

use crate::{
    chart::{Lane, lanes},
    database::Kind,
    findings::Findings,
    load::Load,
    promises,
    sample::{Sample, growth},
    stage::{Plan, Stage},
    weather::{Climate, Weather},
};
use anyhow::{Context, ensure};
use indicatif::ProgressBar;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// Growth over the whole run that counts as none: memory by this part of its median (caches fill, an allocator keeps
/// what it may need again), or this much if that is more; files and threads by so many.
const MEMORY_PART: f64 = 0.15;
const MEMORY_MIB: f64 = 12.0;
/// Diners keep connections for a while, so these come and go; one leaked with each order would be hundreds.
const FILES: f64 = 64.0;
const THREADS: f64 = 4.0;
const TASKS: f64 = 32.0;
/// What the runtime's tasks are called, if the service tells of them.
const TASKS_METRIC: &str = "tokio_alive_tasks";

/// Memory, open files, threads and tasks while diners order, and the factory fails now and then.
pub struct Soak {
    /// The executable of `pizza`.
    pub program: PathBuf,
    /// Where orders are.
    pub database: Kind,
    /// How long.
    pub length: Duration,
    /// Orders a second.
    pub rate: f64,
    /// How often to look.
    pub every: Duration,
    /// What is left out at the begin, as part of the length, 0 to 1: caches and pools fill.
    pub warm_up: f64,
    /// What everything random comes from.
    pub seed: u64,
}

impl Soak {
    /// Runs it.
    ///
    /// # Errors
    /// When it cannot be carried through; promises that were not kept are in the findings.
    pub async fn run(&self, bar: &ProgressBar) -> anyhow::Result<Findings> {
        let plan =
            Plan { program: &self.program, database: self.database, disk: None, settings: &[], diners: 12 };
        let stage = Stage::set(plan).await?;
        // A calm of a minute or two and then half a minute of trouble, or what that is in a short run.
        let part = self.length.as_secs_f64() / 3600.0;
        let calm = (60.0 * part).max(2.0)..(180.0 * part).max(4.0);
        let longest = (45.0 * part).max(3.0) as u64;
        let climate = Climate { calm, storm: 1..longest + 1 };
        let load = Load::begin(&stage, self.rate, self.seed);
        let weather = Weather::begin(stage.factory.clone(), climate, self.seed);

        let samples = self.watch(&stage, bar).await?;
        let storms = weather.end().await?;
        let ledger = load.end().await?;
        let mut findings = Findings::default();
        findings.figure("length", format!("{} s", self.length.as_secs()));
        findings.figure("storms over the factory", storms);
        self.judge(&samples, &mut findings)?;
        promises::check(&stage, &ledger, &mut findings, bar).await?;
        Ok(findings)
    }

    async fn watch(&self, stage: &Stage, bar: &ProgressBar) -> anyhow::Result<Vec<Sample>> {
        let process = stage.process_id().context("the service does not run")?;
        let (begun, mut samples) = (Instant::now(), Vec::new());
        bar.set_length(self.length.as_secs());
        while begun.elapsed() < self.length {
            sleep(self.every).await;
            // As Prometheus would; on a machine that has no time for it there is a gap, and no more.
            let metrics = match stage.http.get(stage.url("/metrics")).send().await {
                Ok(answer) => answer.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            ensure!(stage.process_id() == Some(process), "the service was started again");
            let sample = Sample::take(process, begun.elapsed())?;
            samples.push(Sample { tasks: gauge(&metrics, TASKS_METRIC), ..sample });
            bar.set_position(begun.elapsed().as_secs());
            let Sample { memory, files, threads, .. } = sample;
            bar.set_message(format!("{memory:.0} MiB, {files} files, {threads} threads"));
        }
        Ok(samples)
    }

    fn judge(&self, samples: &[Sample], findings: &mut Findings) -> anyhow::Result<()> {
        let warm = self.length.mul_f64(self.warm_up);
        let of = |value: fn(&Sample) -> Option<f64>| -> Vec<(f64, f64)> {
            samples.iter().filter_map(|sample| Some((sample.at.as_secs_f64(), value(sample)?))).collect()
        };
        let all = [
            ("resident memory, MiB", of(|sample| Some(sample.memory)), None),
            ("open files", of(|sample| Some(sample.files)), Some(FILES)),
            ("threads", of(|sample| Some(sample.threads)), Some(THREADS)),
            ("tasks", of(|sample| sample.tasks), Some(TASKS)),
        ];
        let mut charted = Vec::new();
        for (name, points, bound) in all {
            if points.is_empty() {
                findings.figure(name, "not told by /metrics, so not judged");
                continue;
            }
            let settled: Vec<_> =
                points.iter().filter(|(at, _)| *at >= warm.as_secs_f64()).copied().collect();
            ensure!(settled.len() >= 5, "too few samples to tell anything: look more often, or for longer");
            let median = median(&settled);
            let bound = bound.unwrap_or((median * MEMORY_PART).max(MEMORY_MIB));
            let grew = growth(&settled);
            let line = format!(
                "median {median:.1}, grew by {grew:+.2} in {:.0} s after warm-up (allowed {bound:.1})",
                self.length.as_secs_f64() * (1.0 - self.warm_up)
            );
            findings.require(grew <= bound, || format!("{name}: {line}"));
            findings.figure(name, line);
            charted.push(Lane { title: name.to_owned(), points });
        }
        findings.files.push(("soak.svg", lanes("What the service takes", &charted)));
        Ok(())
    }
}

fn median(points: &[(f64, f64)]) -> f64 {
    let mut values: Vec<f64> = points.iter().map(|point| point.1).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn gauge(metrics: &str, name: &str) -> Option<f64> {
    let of_it = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{']));
    metrics.lines().find(of_it)?.rsplit(' ').next()?.parse().ok()
}

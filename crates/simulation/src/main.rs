//! Runs the simulation: seed after seed, or one seed told in full.

use anyhow::{Result, bail};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use simulation::{Backend, Counts, Cuts, Outcome, run};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

/// Failures after which it is not worth going on.
const ENOUGH: usize = 20;

/// Simulates the fulfilment core, one seed after the other.
#[derive(Parser)]
struct Options {
    /// How many seeds.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first one.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// So many at a time.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// What keeps the orders.
    #[arg(long, value_enum, default_value_t = On::Memory)]
    backend: On,
    /// Runs this seed and no other. May leave out parts of its plan, as failures are printed: `1234 diners=0,3 phases=1`.
    #[arg(long)]
    seed: Option<Cuts>,
    /// Tells everything that happens in that seed.
    #[arg(long, requires = "seed")]
    trace: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum On {
    Memory,
    Sqlite,
}

impl From<On> for Backend {
    fn from(on: On) -> Self {
        match on {
            On::Memory => Self::Memory,
            On::Sqlite => Self::Sqlite,
        }
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    match &options.seed {
        Some(seed) => one(seed, &options),
        None => many(&options),
    }
}

fn one(cuts: &Cuts, options: &Options) -> Result<()> {
    let plan = cuts.plan();
    if options.trace {
        println!("{plan:#?}");
    }
    let outcome = run(&plan, options.backend.into(), options.trace);
    show(&outcome.counts);
    match outcome.violation {
        Some(violation) => bail!("seed {cuts}: {violation}"),
        None => Ok(()),
    }
}

fn many(options: &Options) -> Result<()> {
    let bar = ProgressBar::new(options.seeds);
    let style =
        ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} seeds, {per_sec}, {eta} left");
    bar.set_style(style?);
    let begun = Instant::now();
    let tally = Tally::default();
    std::thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(|| work(options, &tally, &bar));
        }
    });
    bar.finish_and_clear();
    let counts = *tally.counts.lock().unwrap_or_else(PoisonError::into_inner);
    show(&counts);
    let done = tally.done.load(Ordering::Relaxed);
    let took = begun.elapsed().as_secs_f64();
    println!("{done} seeds in {took:.1} s: {:.0} seeds/s", done as f64 / took);
    let failures = tally.failures.lock().unwrap_or_else(PoisonError::into_inner);
    if failures.is_empty() {
        return Ok(());
    }
    bail!("{} of {done} seeds failed", failures.len());
}

#[derive(Default)]
struct Tally {
    next: AtomicU64,
    done: AtomicU64,
    counts: Mutex<Counts>,
    failures: Mutex<Vec<String>>,
}

/// Takes one seed after the other.
fn work(options: &Options, tally: &Tally, bar: &ProgressBar) {
    loop {
        let next = tally.next.fetch_add(1, Ordering::Relaxed);
        let failures = || tally.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if next >= options.seeds || failures().len() >= ENOUGH {
            return;
        }
        let seed = options.from + next;
        if let Err(failure) = try_seed(seed, options.backend.into(), &tally.counts) {
            bar.suspend(|| println!("{failure}"));
            failures().push(failure);
        }
        let done = tally.done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(64) {
            bar.set_position(done);
        }
    }
}

/// What failed, made as small as it gets, and how to see it again.
fn try_seed(seed: u64, backend: Backend, counts: &Mutex<Counts>) -> Result<(), String> {
    let cuts = Cuts::none(seed);
    let Ok(Outcome { violation, counts: seen, .. }) =
        catch_unwind(AssertUnwindSafe(|| run(&cuts.plan(), backend, false)))
    else {
        return Err(format!("seed {seed} panicked; replay: simulate --seed {seed} --trace"));
    };
    counts.lock().unwrap_or_else(PoisonError::into_inner).merge(&seen);
    let Some(violation) = violation else { return Ok(()) };
    let small = cuts.shrink(backend);
    Err(format!(
        "seed {seed}: {violation}\n  replay: cargo run --release -p simulation -- --seed \"{small}\" --trace"
    ))
}

fn show(counts: &Counts) {
    for (label, count) in counts.iter() {
        println!("{label:40} {count:>14}");
    }
}

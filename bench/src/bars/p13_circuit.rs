//! P13: what a call pays for the circuit: leave to go, and telling that it succeeded. The clock is handed in, so it
//! is not in the figure.

use crate::{
    bench::Bench,
    row::{Row, Series, Threshold},
};
use anyhow::anyhow;
use resilience::{Circuit, CircuitConfig};
use std::{
    hint::black_box,
    sync::{Arc, Barrier},
    thread,
    time::Instant,
};

/// So many that threads overlap: those that run for microseconds do not, and then nothing is contended.
const CALLS: u32 = 5_000_000;
const CALLS_SHORT: u32 = 200_000;

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let calls = if bench.short { CALLS_SHORT } else { CALLS };
    let (mut alone, mut contended) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        alone.push(nanoseconds_per_call(1, calls)?);
        contended.push(nanoseconds_per_call(2, calls)?);
    }
    let row = |what: &str, nanoseconds, bar| Row {
        bar: "P13",
        what: what.to_owned(),
        ours: Series::new("ns", nanoseconds),
        other: None,
        threshold: Threshold::AtMost(bar),
    };
    Ok(vec![
        row("circuit: acquire and succeed, one thread", alone, 50.0),
        row("circuit: the same, contended by two", contended, 150.0),
    ])
}

/// The mean of the slowest of the threads.
fn nanoseconds_per_call(threads: usize, calls: u32) -> anyhow::Result<f64> {
    let now = Instant::now();
    let circuit = Circuit::new(CircuitConfig::default(), now, 1, |_| {});
    let together = Barrier::new(threads);
    thread::scope(|scope| {
        let running: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| call_often(&circuit, &together, calls, now))).collect();
        let mut slowest = 0.0_f64;
        for thread in running {
            slowest = slowest.max(thread.join().map_err(|_| anyhow!("a caller panicked"))??);
        }
        Ok(slowest)
    })
}

fn call_often(circuit: &Arc<Circuit>, together: &Barrier, calls: u32, now: Instant) -> anyhow::Result<f64> {
    together.wait();
    let begun = Instant::now();
    for _ in 0..calls {
        black_box(circuit).acquire(black_box(now))?.succeed(black_box(now));
    }
    Ok(begun.elapsed().as_nanos() as f64 / f64::from(calls))
}

//! How visits went, counted: throughput and percentiles (HdrHistogram).

use super::{Habit, Visit};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// The longest latency that is told apart from longer ones, in microseconds: an hour.
const HIGHEST: u64 = 3_600_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

/// Visits, counted by habit.
#[derive(Clone, Debug)]
pub struct Tally {
    all: Count,
    by_habit: BTreeMap<Habit, Count>,
}

#[derive(Clone, Debug)]
struct Count {
    visits: u64,
    as_expected: u64,
    latencies: Histogram<u64>,
}

/// Visits of one kind in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// All of them.
    pub visits: u64,
    /// Those that went as they should, at the first try.
    pub as_expected: u64,
    /// Milliseconds from when they came, of those that were answered, broke or timed out.
    pub p50: f64,
    /// Likewise.
    pub p90: f64,
    /// Likewise.
    pub p99: f64,
    /// Likewise.
    pub max: f64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { all: Count::new(), by_habit: BTreeMap::new() }
    }
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, visit: &Visit) {
        self.all.add(visit);
        self.by_habit.entry(visit.habit).or_insert_with(Count::new).add(visit);
    }

    /// All visits.
    pub fn all(&self) -> Summary {
        self.all.summary()
    }

    /// Those of one habit, if there were any.
    pub fn of(&self, habit: Habit) -> Option<Summary> {
        self.by_habit.get(&habit).map(Count::summary)
    }
}

impl Count {
    fn new() -> Self {
        let latencies = Histogram::new_with_bounds(1, HIGHEST, SIGNIFICANT_DIGITS);
        Self {
            visits: 0,
            as_expected: 0,
            latencies: latencies.expect("bounds and digits are constants within the limits"),
        }
    }

    fn add(&mut self, visit: &Visit) {
        self.visits += 1;
        self.as_expected += u64::from(visit.as_expected());
        self.latencies.saturating_record(micros(visit.latency()));
    }

    fn summary(&self) -> Summary {
        let at = |quantile| millis(self.latencies.value_at_quantile(quantile));
        Summary {
            visits: self.visits,
            as_expected: self.as_expected,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            max: millis(self.latencies.max()),
        }
    }
}

impl Summary {
    /// The share that went as it should; all of none did.
    pub fn availability(&self) -> f64 {
        if self.visits == 0 { 1.0 } else { self.as_expected as f64 / self.visits as f64 }
    }
}

fn micros(latency: Duration) -> u64 {
    u64::try_from(latency.as_micros()).unwrap_or(HIGHEST).clamp(1, HIGHEST)
}

fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

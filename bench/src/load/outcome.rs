//! What came of a load.

use anyhow::bail;
use hdrhistogram::Histogram;
use std::{collections::BTreeMap, time::Duration};

const LONGEST_US: u64 = 120_000_000;

/// The answers within the time that counts.
pub struct Outcome {
    /// That time.
    pub span: Duration,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    latency_us: Histogram<u32>,
}

impl Outcome {
    pub(super) fn new(span: Duration) -> Self {
        // The bounds are constants that hdrhistogram takes.
        let latency_us =
            Histogram::new_with_bounds(1, LONGEST_US, 3).expect("1 µs to two minutes with three digits");
        Self { span, statuses: BTreeMap::new(), latency_us }
    }

    pub(super) fn count(&mut self, status: u16, latency: Duration) {
        *self.statuses.entry(status).or_default() += 1;
        self.latency_us.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LONGEST_US));
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (&status, &answers) in &other.statuses {
            *self.statuses.entry(status).or_default() += answers;
        }
        // Both have the same bounds.
        let _ = self.latency_us.add(&other.latency_us);
    }

    /// Answers a second with this status.
    pub fn per_second(&self, status: u16) -> f64 {
        self.answers(status) as f64 / self.span.as_secs_f64()
    }

    /// The latency that 99 of 100 answers were within, in milliseconds.
    pub fn p99_ms(&self) -> f64 {
        self.latency_us.value_at_quantile(0.99) as f64 / 1e3
    }

    /// Refuses the measurement when there was any other answer, or none: then it measured something else.
    pub fn must_all_be(self, status: u16) -> anyhow::Result<Self> {
        if self.answers(status) == 0 || self.statuses.len() > 1 {
            bail!("all answers should have been {status}, they were {:?}", self.statuses);
        }
        Ok(self)
    }

    fn answers(&self, status: u16) -> u64 {
        self.statuses.get(&status).copied().unwrap_or_default()
    }
}

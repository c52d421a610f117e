//! A half-open circuit: the places for probes, in rounds, and who holds them.

use std::time::{Duration, Instant};

use crate::config::CircuitConfig;
use crate::window::later;

#[derive(Default)]
pub(crate) struct HalfOpen {
    round: usize,
    succeeded: u32,
    outstanding: Vec<Probe>,
    next_probe: u64,
    last_success: Option<Instant>,
}

struct Probe {
    id: u64,
    granted: Instant,
}

impl HalfOpen {
    pub(crate) fn outstanding(&self) -> usize {
        self.outstanding.len()
    }

    pub(crate) fn grant(&mut self, config: &CircuitConfig, now: Instant) -> Option<u64> {
        let places = config.probes[self.round].saturating_sub(self.succeeded);
        if self.outstanding.len() >= places as usize {
            return None;
        }
        let id = self.next_probe;
        self.next_probe += 1;
        self.outstanding.push(Probe { id, granted: now });
        Some(id)
    }

    /// False if the probe has lost its place.
    pub(crate) fn give_back(&mut self, probe: Option<u64>) -> bool {
        let place = self.outstanding.iter().position(|held| Some(held.id) == probe);
        place.map(|index| self.outstanding.swap_remove(index)).is_some()
    }

    /// Counts a success; true when it was the last one of the last round.
    pub(crate) fn all_rounds_succeeded(&mut self, config: &CircuitConfig, now: Instant) -> bool {
        self.last_success = Some(now);
        self.succeeded += 1;
        if self.succeeded < config.probes[self.round] {
            return false;
        }
        if self.round + 1 == config.probes.len() {
            return true;
        }
        self.round += 1;
        self.succeeded = 0;
        false
    }

    pub(crate) fn expire(&mut self, max_age: Duration, now: Instant) {
        self.outstanding.retain(|probe| now.saturating_duration_since(probe.granted) < max_age);
    }

    /// When the circuit may close although nobody asks for the probes that are left: the first round has succeeded
    /// and nothing is out. Without this a quiet night would leave it half-open until the next call.
    pub(crate) fn quiet_until(&self, config: &CircuitConfig) -> Option<Instant> {
        let proven = self.round > 0 && self.outstanding.is_empty();
        self.last_success.filter(|_| proven).map(|success| later(success, config.open))
    }

    pub(crate) fn next_expiry(&self, max_age: Duration) -> Option<Instant> {
        self.outstanding.iter().map(|probe| later(probe.granted, max_age)).min()
    }
}

//! A closed circuit: what it watches to see whether the dependency fails, or is slow.

use std::time::Instant;

use crate::circuit::Snapshot;
use crate::config::CircuitConfig;
use crate::event::OpenReason;
use crate::machine::Outcome;
use crate::window::Window;

pub(crate) struct Closed {
    window: Window<3>,
    failures_in_a_row: u32,
    /// The latest moment that a `Retry-After` of these failures has asked for.
    not_before: Option<Instant>,
    /// Slow calls that have not ended; they enter the window when they do.
    slow_in_flight: u64,
    degraded: bool,
}

/// The window's kinds: every counted call is one of `CALLS`, and may be one of the others as well.
const CALLS: usize = 0;
const FAILURES: usize = 1;
const SLOW: usize = 2;

/// A turn for the worse or the better, within closed.
pub(crate) enum Turn {
    Degraded { slow: u64, calls: u64 },
    Recovered,
}

impl Closed {
    pub(crate) fn new(config: &CircuitConfig, now: Instant) -> Self {
        Self {
            window: Window::new(config.window, now),
            failures_in_a_row: 0,
            not_before: None,
            slow_in_flight: 0,
            degraded: false,
        }
    }

    #[inline]
    pub(crate) fn finish(&mut self, slow: bool, outcome: Outcome, config: &CircuitConfig, now: Instant) {
        self.age(now);
        self.abandon(slow);
        match outcome {
            Outcome::Neutral => return,
            Outcome::Success => {
                self.failures_in_a_row = 0;
                self.not_before = None;
            }
            Outcome::Failure { retry_after } => {
                self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
                self.not_before = self.not_before.max(config.not_before(retry_after, now));
                self.window.count(FAILURES);
            }
        }
        self.window.count(CALLS);
        if slow {
            self.window.count(SLOW);
        }
    }

    pub(crate) fn slow_call(&mut self, now: Instant) {
        self.age(now);
        self.slow_in_flight += 1;
    }

    #[inline]
    pub(crate) fn abandon(&mut self, slow: bool) {
        self.slow_in_flight -= u64::from(slow);
    }

    #[inline]
    pub(crate) fn age(&mut self, now: Instant) {
        self.window.advance(now);
    }

    /// Does what has just failed open the circuit? Only asked about a failure: a success that makes up the minimum of calls
    /// opens nothing.
    pub(crate) fn reason_to_open(&self, config: &CircuitConfig) -> Option<OpenReason> {
        let (failures, calls) = (self.window.total(FAILURES), self.window.total(CALLS));
        if self.failures_in_a_row >= config.consecutive_failures {
            Some(OpenReason::ConsecutiveFailures(self.failures_in_a_row))
        } else if calls >= u64::from(config.minimum_calls)
            && failures as f64 >= config.failure_rate * calls as f64
        {
            Some(OpenReason::FailureRate { failures, calls })
        } else {
            None
        }
    }

    pub(crate) fn not_before(&self) -> Option<Instant> {
        self.not_before
    }

    /// Enters or leaves *degraded*. Slow calls that merely age or go away do not end it while others remain: it would
    /// flip back at once. Only a fast success does (a fast failure is no better), or the last slow one gone.
    #[inline]
    pub(crate) fn weigh_slowness(&mut self, fast_success: bool, config: &CircuitConfig) -> Option<Turn> {
        let slow = self.slow();
        if slow == 0 && !self.degraded {
            return None;
        }
        let calls = self.slow_in_flight + self.window.total(CALLS);
        let too_slow = slow as f64 >= config.slow_rate * calls as f64;
        if !self.degraded && too_slow && calls >= u64::from(config.minimum_calls) {
            self.degraded = true;
            Some(Turn::Degraded { slow, calls })
        } else if self.degraded && (slow == 0 || (fast_success && !too_slow)) {
            self.degraded = false;
            Some(Turn::Recovered)
        } else {
            None
        }
    }

    /// Only slowness changes with time alone.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        (self.degraded || self.slow() > 0).then(|| self.window.next_ageing())
    }

    pub(crate) fn describe(&self, snapshot: &mut Snapshot) {
        snapshot.degraded = self.degraded;
        snapshot.consecutive_failures = self.failures_in_a_row;
        snapshot.calls = self.window.total(CALLS);
        snapshot.failures = self.window.total(FAILURES);
        snapshot.slow = self.slow();
    }

    fn slow(&self) -> u64 {
        self.slow_in_flight + self.window.total(SLOW)
    }
}

//! Leave to make one call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::circuit::Circuit;
use crate::machine::{Outcome, Ticket};

/// Leave to make one call, and the way to bring back what became of it. Dropped without a result (the task was
/// cancelled, or panicked) it gives its half-open place back and counts as nothing.
#[must_use = "a permit that is dropped gives its place back"]
pub struct Permit {
    circuit: Arc<Circuit>,
    /// None once it has brought its result.
    ticket: Option<Ticket>,
}

impl Permit {
    #[inline]
    pub(crate) fn new(circuit: Arc<Circuit>, ticket: Ticket) -> Self {
        Self { circuit, ticket: Some(ticket) }
    }

    /// The call did what it was asked.
    #[inline]
    pub fn succeed(self, now: Instant) {
        self.finish(Outcome::Success, now);
    }

    /// The dependency failed the call. `retry_after` is how long it asked to be left alone, if it did (the
    /// `Retry-After` of a 429 or 503, RFC 9110 §10.2.3): if the circuit opens, then for at least that long, capped at
    /// `open_max`.
    pub fn fail(self, now: Instant, retry_after: Option<Duration>) {
        self.finish(Outcome::Failure { retry_after }, now);
    }

    /// The call ended in a way that says nothing about the dependency's health (a 4xx about this request): it never opens,
    /// never closes, and does not interrupt a row of failures.
    pub fn neutral(self, now: Instant) {
        self.finish(Outcome::Neutral, now);
    }

    /// The call has just passed the slow threshold, and may still be in flight. Counted once, however often it is said;
    /// not counted while half-open.
    pub fn slow(&mut self, now: Instant) {
        if let Some(ticket) = &mut self.ticket {
            self.circuit.slow(ticket, now);
        }
    }

    /// The circuit's generation when the permit was given.
    pub fn generation(&self) -> u64 {
        self.ticket.as_ref().map_or(0, |ticket| ticket.generation)
    }

    /// Is this call one of the half-open circuit's probes?
    pub fn is_probe(&self) -> bool {
        self.ticket.as_ref().is_some_and(|ticket| ticket.probe.is_some())
    }

    #[inline]
    fn finish(mut self, outcome: Outcome, now: Instant) {
        if let Some(ticket) = self.ticket.take() {
            self.circuit.finish(&ticket, outcome, now);
        }
    }
}

impl Drop for Permit {
    #[inline]
    fn drop(&mut self) {
        if let Some(ticket) = &self.ticket {
            self.circuit.abandon(ticket);
        }
    }
}

impl std::fmt::Debug for Permit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Permit").field(&self.ticket).finish()
    }
}

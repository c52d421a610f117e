//! How many calls may be in flight at once, found out by trying.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A concurrency limit that grows by one for each round of successes and halves on failure: additive increase,
/// multiplicative decrease ([RFC 5681](https://www.rfc-editor.org/rfc/rfc5681) does the same with packets). It starts at
/// `min` and never leaves `min..=max`.
#[derive(Debug)]
pub struct AimdLimit {
    min: u32,
    max: u32,
    state: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    limit: u32,
    in_flight: u32,
    /// Successes since the limit last changed; as many as the limit make a round.
    successes: u32,
    /// Grows with each halving; a slot remembers in which round it started.
    round: u64,
}

impl AimdLimit {
    /// A limit between `min` and `max`, which counts as `min` if it is smaller; `min` 0 counts as 1.
    pub fn new(min: u32, max: u32) -> Arc<Self> {
        let min = min.max(1);
        let state = Current { limit: min, in_flight: 0, successes: 0, round: 0 };
        Arc::new(Self { min, max: max.max(min), state: Mutex::new(state) })
    }

    /// A slot for one call, or none while as many are in flight as the limit allows.
    pub fn try_acquire(self: &Arc<Self>) -> Option<Slot> {
        let mut current = self.lock();
        if current.in_flight >= current.limit {
            return None;
        }
        current.in_flight += 1;
        Some(Slot { limit: Arc::clone(self), round: current.round })
    }

    /// Calls that may be in flight at once.
    pub fn limit(&self) -> u32 {
        self.lock().limit
    }

    /// Calls that are; for a while more than the limit after a halving.
    pub fn in_flight(&self) -> u32 {
        self.lock().in_flight
    }

    /// Starts again from `min`. Slots that are out stay valid; their failures are old news.
    pub fn reset(&self) {
        self.lock().lower_to(self.min);
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Current {
    fn raise(&mut self, max: u32) {
        self.successes += 1;
        if self.successes >= self.limit {
            self.successes = 0;
            self.limit = self.limit.saturating_add(1).min(max);
        }
    }

    fn lower_to(&mut self, limit: u32) {
        self.limit = limit;
        self.successes = 0;
        self.round += 1;
    }
}

/// Leave to have one call in flight. Dropped without a result it gives its place back and teaches nothing.
#[must_use = "a slot that is dropped gives its place back"]
#[derive(Debug)]
pub struct Slot {
    limit: Arc<AimdLimit>,
    round: u64,
}

impl Slot {
    /// The call succeeded: a step towards a higher limit.
    pub fn succeed(self) {
        self.limit.lock().raise(self.limit.max);
    }

    /// The call failed: halves the limit, unless it has been halved since this call started. One collapse of the
    /// dependency fails everything in flight, and must not count as many.
    pub fn fail(self) {
        let mut current = self.limit.lock();
        if self.round == current.round {
            let halved = (current.limit / 2).max(self.limit.min);
            current.lower_to(halved);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.limit.lock().in_flight -= 1;
    }
}

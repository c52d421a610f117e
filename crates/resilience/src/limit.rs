//! How many calls may be in flight at once, found out by trying.

use std::sync::{Arc, PoisonError};

use crate::sync::{Mutex, MutexGuard};

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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn take(limit: &Arc<AimdLimit>, slots: u32) -> Vec<Slot> {
        (0..slots).map(|_| limit.try_acquire().unwrap()).collect()
    }

    /// A limit that successes have raised to `to`.
    fn raised(to: u32) -> Arc<AimdLimit> {
        let limit = AimdLimit::new(1, 100);
        while limit.limit() < to {
            limit.try_acquire().unwrap().succeed();
        }
        limit
    }

    #[test]
    fn it_starts_at_its_minimum_and_refuses_beyond_it() {
        let limit = AimdLimit::new(2, 10);
        let slots = take(&limit, 2);
        assert!(limit.try_acquire().is_none());
        drop(slots);
        assert_eq!((limit.in_flight(), limit.limit()), (0, 2));
    }

    #[test]
    fn each_round_of_successes_adds_one() {
        let limit = AimdLimit::new(1, 100);
        for round in 1..=10 {
            assert_eq!(limit.limit(), round);
            take(&limit, round).into_iter().for_each(Slot::succeed);
        }
    }

    #[test]
    fn it_stops_at_its_maximum() {
        let limit = AimdLimit::new(1, 4);
        (0..1000).for_each(|_| limit.try_acquire().unwrap().succeed());
        assert_eq!(limit.limit(), 4);
    }

    #[test]
    fn a_failure_halves_it_once_per_round_and_not_below_the_minimum() {
        let limit = raised(16);
        take(&limit, 16).into_iter().for_each(Slot::fail);
        assert_eq!(limit.limit(), 8, "one collapse is one halving");
        for halved in [4, 2, 1, 1] {
            limit.try_acquire().unwrap().fail();
            assert_eq!(limit.limit(), halved);
        }
    }

    #[test]
    fn after_a_halving_more_may_be_in_flight_than_the_limit_and_no_new_one_starts() {
        let limit = raised(4);
        let mut slots = take(&limit, 4);
        slots.pop().unwrap().fail();
        assert_eq!((limit.limit(), limit.in_flight()), (2, 3));
        assert!(limit.try_acquire().is_none());
        slots.pop();
        assert!(limit.try_acquire().is_none());
        slots.pop();
        assert!(limit.try_acquire().is_some());
    }

    #[test]
    fn a_dropped_slot_teaches_nothing() {
        let limit = raised(2);
        drop(take(&limit, 2));
        assert_eq!((limit.limit(), limit.in_flight()), (2, 0));
    }

    #[test]
    fn reset_starts_again_and_makes_what_is_in_flight_old_news() {
        let limit = raised(8);
        let old = take(&limit, 3);
        limit.reset();
        assert_eq!((limit.limit(), limit.in_flight()), (1, 3));
        let mut old = old.into_iter();
        old.next().unwrap().succeed();
        assert_eq!(limit.limit(), 2);
        old.for_each(Slot::fail);
        assert_eq!((limit.limit(), limit.in_flight()), (2, 0));
    }

    #[test]
    fn absurd_bounds_are_put_right() {
        assert_eq!(AimdLimit::new(0, 0).limit(), 1);
        let limit = AimdLimit::new(u32::MAX, 1);
        limit.try_acquire().unwrap().succeed();
        assert_eq!(limit.limit(), u32::MAX);
    }

    proptest! {
        #[test]
        fn it_stays_within_its_bounds_and_counts_what_is_in_flight(
            min in 1..5u32,
            more in 0..20u32,
            steps in proptest::collection::vec((0..8u8, any::<usize>()), 1..500),
        ) {
            let limit = AimdLimit::new(min, min + more);
            let mut slots = vec![];
            for (step, pick) in steps {
                if step < 4 {
                    let full = slots.len() >= limit.limit() as usize;
                    let slot = limit.try_acquire();
                    prop_assert_eq!(slot.is_none(), full);
                    slots.extend(slot);
                } else if !slots.is_empty() {
                    let slot: Slot = slots.swap_remove(pick % slots.len());
                    match step {
                        4 | 5 => slot.succeed(),
                        6 => slot.fail(),
                        _ => drop(slot),
                    }
                }
                prop_assert!((min..=min + more).contains(&limit.limit()));
                prop_assert_eq!(limit.in_flight() as usize, slots.len());
                prop_assert!(slots.len() <= (min + more) as usize);
            }
        }
    }
}

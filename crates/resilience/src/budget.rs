//! How much of the traffic may be retries.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crate::sync::Mutex;
use crate::window::Window;

/// Lets retries be at most a share of recent calls, plus a small floor so that a quiet caller may retry at all. Without
/// it, retries multiply the load on a dependency just when it can bear least.
pub struct RetryBudget {
    ratio: f64,
    floor: u32,
    length: Duration,
    /// None until the first call tells what time it is.
    window: Mutex<Option<Window<2>>>,
}

const CALLS: usize = 0;
const RETRIES: usize = 1;

impl RetryBudget {
    /// Retries within `window` are at most `ratio` × calls + `floor`. A ratio outside 0 to 1 counts as the nearer of the
    /// two.
    pub fn new(ratio: f64, floor: u32, window: Duration) -> Self {
        Self { ratio: ratio.clamp(0.0, 1.0), floor, length: window, window: Mutex::new(None) }
    }

    /// A first try was made. Retries are not recorded here.
    pub fn record_call(&self, now: Instant) {
        self.with_window(now, |window| window.count(CALLS));
    }

    /// May one retry be made? If so, it has been paid for.
    #[must_use]
    pub fn try_spend(&self, now: Instant) -> bool {
        self.with_window(now, |window| {
            let allowed = self.ratio * window.total(CALLS) as f64 + f64::from(self.floor);
            let affordable = (window.total(RETRIES) + 1) as f64 <= allowed;
            if affordable {
                window.count(RETRIES);
            }
            affordable
        })
    }

    fn with_window<T>(&self, now: Instant, use_it: impl FnOnce(&mut Window<2>) -> T) -> T {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let window = window.get_or_insert_with(|| Window::new(self.length, now));
        window.advance(now);
        use_it(window)
    }
}

impl std::fmt::Debug for RetryBudget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RetryBudget")
            .field("ratio", &self.ratio)
            .field("floor", &self.floor)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WINDOW: Duration = Duration::from_secs(10);

    fn spend_all(budget: &RetryBudget, now: Instant) -> u32 {
        (0..1000).filter(|_| budget.try_spend(now)).count() as u32
    }

    #[test]
    fn a_quiet_caller_has_the_floor() {
        assert_eq!(spend_all(&RetryBudget::new(0.2, 3, WINDOW), Instant::now()), 3);
    }

    #[test]
    fn calls_earn_their_share_on_top_of_the_floor() {
        let (budget, now) = (RetryBudget::new(0.2, 3, WINDOW), Instant::now());
        (0..50).for_each(|_| budget.record_call(now));
        assert_eq!(spend_all(&budget, now), 13);
    }

    #[test]
    fn neither_earnings_nor_spendings_outlive_the_window() {
        let (budget, now) = (RetryBudget::new(0.5, 2, WINDOW), Instant::now());
        (0..20).for_each(|_| budget.record_call(now));
        assert_eq!(spend_all(&budget, now), 12);
        assert_eq!(spend_all(&budget, now + WINDOW), 2);
    }

    #[test]
    fn a_ratio_out_of_range_never_panics_nor_lets_more_through_than_calls_and_floor() {
        for (ratio, allowed) in [(-1.0, 1), (7.0, 11), (f64::NAN, 0)] {
            let (budget, now) = (RetryBudget::new(ratio, 1, WINDOW), Instant::now());
            (0..10).for_each(|_| budget.record_call(now));
            assert_eq!(spend_all(&budget, now), allowed, "ratio {ratio}");
        }
    }

    #[test]
    fn it_says_what_it_allows() {
        assert_eq!(
            format!("{:?}", RetryBudget::new(0.2, 3, WINDOW)),
            "RetryBudget { ratio: 0.2, floor: 3, .. }"
        );
    }

    proptest! {
        /// Whatever the traffic, at every retry: the retries of the last nine tenths of the window (which the budget
        /// remembers for certain) against the calls of all of it (the most that it can remember).
        #[test]
        fn retries_never_exceed_the_share_of_calls_and_the_floor(
            ratio in 0.0..1.0f64,
            floor in 0..5u32,
            steps in proptest::collection::vec((0..1500u64, any::<bool>()), 1..400),
        ) {
            let budget = RetryBudget::new(ratio, floor, WINDOW);
            let mut now = Instant::now();
            let (mut calls, mut retries) = (vec![], vec![]);
            for (wait, is_call) in steps {
                now += Duration::from_millis(wait / 10);
                if is_call {
                    budget.record_call(now);
                    calls.push(now);
                } else if budget.try_spend(now) {
                    retries.push(now);
                    let within = |times: &[Instant], span| times.iter().filter(|at| now - **at < span).count();
                    let allowed = ratio * within(&calls, WINDOW) as f64 + f64::from(floor);
                    prop_assert!(within(&retries, WINDOW * 9 / 10) as f64 <= allowed);
                }
            }
        }
    }
}

//! How much of the traffic may be retries.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

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

//! How long to wait before trying again.

use std::time::Duration;

/// Exponential backoff: `base`, doubling with every attempt, up to `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The delay of attempt 0.
    pub base: Duration,
    /// No delay is longer.
    pub max: Duration,
}

impl Backoff {
    /// The delay before trying again after `attempt` (the first is 0), without jitter.
    pub fn delay(&self, attempt: u32) -> Duration {
        self.base.saturating_mul(2u32.saturating_pow(attempt)).min(self.max)
    }

    /// A delay drawn evenly from zero to [`delay`](Self::delay): "full jitter", which spreads a crowd that failed
    /// together better than any other ([AWS Architecture Blog, Exponential Backoff And
    /// Jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)).
    pub fn full_jitter(&self, attempt: u32, rng: &mut fastrand::Rng) -> Duration {
        let longest = u64::try_from(self.delay(attempt).as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(rng.u64(0..=longest))
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BACKOFF: Backoff = Backoff { base: Duration::from_secs(1), max: Duration::from_secs(60) };

    #[test]
    fn the_delay_doubles_from_the_base_to_the_maximum() {
        let delays: Vec<_> = (0..8).map(|attempt| BACKOFF.delay(attempt).as_secs()).collect();
        assert_eq!(delays, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_base_above_the_maximum_counts_as_the_maximum() {
        let backoff = Backoff { base: Duration::from_secs(9), max: Duration::from_secs(3) };
        assert_eq!(backoff.delay(0), Duration::from_secs(3));
    }

    #[test]
    fn full_jitter_uses_the_whole_range_evenly() {
        let mut rng = fastrand::Rng::with_seed(1);
        let draws: Vec<f64> = (0..10_000).map(|_| BACKOFF.full_jitter(3, &mut rng).as_secs_f64()).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        assert!((3.8..4.2).contains(&mean), "mean {mean}");
        assert!(draws.iter().any(|s| *s < 0.1) && draws.iter().any(|s| *s > 7.9));
    }

    proptest! {
        #[test]
        fn no_input_panics_and_no_jitter_exceeds_its_delay(
            base: Duration, max: Duration, attempt: u32, seed: u64,
        ) {
            let backoff = Backoff { base, max };
            prop_assert!(backoff.delay(attempt) <= max);
            let jittered = backoff.full_jitter(attempt, &mut fastrand::Rng::with_seed(seed));
            prop_assert!(jittered <= backoff.delay(attempt));
        }
    }
}

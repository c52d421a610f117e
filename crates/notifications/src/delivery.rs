use std::time::Duration;

use resilience::Backoff;

/// The pace of trying again: 1 s, doubling to 5 min, less whatever jitter takes away.
const PACE: Backoff = Backoff { base: Duration::from_secs(1), max: Duration::from_secs(5 * 60) };

/// Why a notification did not arrive. Safe to log and to show: it holds no secret of the contact point.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Trying again may help: no connection, no answer in time, 408, 425, 429, 5xx; SMTP's 4yz.
    #[error("{why}")]
    Temporary {
        /// What happened: the status, and at most 200 characters of what the other side said.
        why: String,
        /// How long the other side asks to wait, at most 5 min.
        retry_after: Option<Duration>,
    },
    /// Trying again will not help: any other answer.
    #[error("{why}")]
    Permanent {
        /// What happened: the status, and at most 200 characters of what the other side said.
        why: String,
    },
}

impl DeliveryError {
    /// How long to wait before trying again, after so many failures of this notification (1 or more), or `None` if
    /// that is pointless.
    pub fn retry_in(&self, failures: u32, rng: &mut fastrand::Rng) -> Option<Duration> {
        match self {
            Self::Temporary { retry_after, .. } => {
                Some(retry_delay(failures, rng).max(retry_after.unwrap_or_default()))
            }
            Self::Permanent { .. } => None,
        }
    }

    pub(crate) fn temporary(why: impl Into<String>) -> Self {
        Self::Temporary { why: why.into(), retry_after: None }
    }

    pub(crate) fn permanent(why: impl Into<String>) -> Self {
        Self::Permanent { why: why.into() }
    }
}

/// A wait between nothing and 1 s after the first failure, between nothing and twice as much after each further one,
/// never more than 5 min.
pub fn retry_delay(failures: u32, rng: &mut fastrand::Rng) -> Duration {
    PACE.full_jitter(failures.saturating_sub(1), rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_to_five_minutes_and_no_further() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut longest = |failures| (0..2_000).map(|_| retry_delay(failures, &mut rng)).max();
        for (failures, limit) in [(0, 1), (1, 1), (2, 2), (5, 16), (10, 300), (u32::MAX, 300)] {
            let limit = Duration::from_secs(limit);
            let longest = longest(failures).unwrap_or_default();
            assert!(longest <= limit && longest > limit.mul_f64(0.95), "{failures}: {longest:?}");
        }
    }

    #[test]
    fn who_asks_for_time_gets_it_and_a_permanent_failure_is_not_repeated() {
        let mut rng = fastrand::Rng::with_seed(1);
        let busy =
            DeliveryError::Temporary { why: "busy".to_owned(), retry_after: Some(Duration::from_secs(90)) };
        assert_eq!(busy.retry_in(1, &mut rng), Some(Duration::from_secs(90)));
        assert!(busy.retry_in(20, &mut rng) >= Some(Duration::from_secs(90)));
        assert_eq!(DeliveryError::permanent("gone").retry_in(1, &mut rng), None);
    }
}

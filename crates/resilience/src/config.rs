//! The circuit's parameters and the bounds within which they make sense.

use std::time::Duration;

/// When a circuit opens, how long it stays open, and how it comes back.
#[derive(Clone, Debug, PartialEq)]
pub struct CircuitConfig {
    /// Opens after this many failures in a row, however far apart (≥ 1).
    pub consecutive_failures: u32,
    /// Opens when this share of the window's calls failed (0 < rate ≤ 1) …
    pub failure_rate: f64,
    /// … over this long (1 ms to 1 day). Results age out a tenth of the window at a time.
    pub window: Duration,
    /// The failure rate and the slow rate mean nothing below this many calls (≥ 1).
    pub minimum_calls: u32,
    /// Degraded when this share of the window's calls is slow (0 < rate ≤ 1). Degraded never stops calls.
    pub slow_rate: f64,
    /// How long the circuit stays open the first time (1 ms to 1 day); it doubles with every probe that fails.
    pub open: Duration,
    /// Where the doubling, and a `Retry-After`, stop (`open` to 1 day). Jitter is applied on top.
    pub open_max: Duration,
    /// The open time varies by ± this share (0 ≤ jitter < 1), so that many callers do not come back as one.
    pub jitter: f64,
    /// Half-open lets the first number of probes through and, when all of them succeeded, the second (each 1 to 1000).
    pub probes: [u32; 2],
    /// A probe without a result for this long loses its place (1 ms to 1 day).
    pub permit_max_age: Duration,
}

impl Default for CircuitConfig {
    fn default() -> Self {
        Self {
            consecutive_failures: 5,
            failure_rate: 0.5,
            window: Duration::from_secs(30),
            minimum_calls: 10,
            slow_rate: 0.8,
            open: Duration::from_secs(5),
            open_max: Duration::from_secs(60),
            jitter: 0.2,
            probes: [1, 3],
            permit_max_age: Duration::from_secs(60),
        }
    }
}

/// A parameter outside the bounds within which it makes sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {bounds}")]
pub struct ConfigError {
    /// The field of [`CircuitConfig`].
    pub field: &'static str,
    /// What it must be.
    pub bounds: &'static str,
}

impl CircuitConfig {
    /// Says which field is out of bounds, the first one in the order of declaration.
    ///
    /// # Errors
    /// [`ConfigError`] names the field and what it must be.
    pub fn validate(&self) -> Result<(), ConfigError> {
        const SHARE: &str = "above 0 and at most 1";
        const COUNT: &str = "at least 1";
        const SPAN: &str = "between 1 ms and 1 day";

        let count = |n: u32| n >= 1;
        let share = |rate: f64| rate > 0.0 && rate <= 1.0;
        let span = |d: Duration| (Duration::from_millis(1)..=Duration::from_secs(86_400)).contains(&d);

        let checks = [
            (count(self.consecutive_failures), "consecutive_failures", COUNT),
            (share(self.failure_rate), "failure_rate", SHARE),
            (span(self.window), "window", SPAN),
            (count(self.minimum_calls), "minimum_calls", COUNT),
            (share(self.slow_rate), "slow_rate", SHARE),
            (span(self.open), "open", SPAN),
            (span(self.open_max) && self.open_max >= self.open, "open_max", "between open and 1 day"),
            ((0.0..1.0).contains(&self.jitter), "jitter", "at least 0 and below 1"),
            (self.probes.iter().all(|n| (1..=1000).contains(n)), "probes", "between 1 and 1000 each"),
            (span(self.permit_max_age), "permit_max_age", SPAN),
        ];
        match checks.iter().find(|(fine, ..)| !fine) {
            Some(&(_, field, bounds)) => Err(ConfigError { field, bounds }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_valid() {
        assert_eq!(CircuitConfig::default().validate(), Ok(()));
    }

    #[test]
    fn each_field_out_of_bounds_is_named() {
        let fine = CircuitConfig::default;
        let day = Duration::from_secs(86_400);
        let wrong = [
            ("consecutive_failures", CircuitConfig { consecutive_failures: 0, ..fine() }),
            ("failure_rate", CircuitConfig { failure_rate: 0.0, ..fine() }),
            ("failure_rate", CircuitConfig { failure_rate: f64::NAN, ..fine() }),
            ("window", CircuitConfig { window: Duration::ZERO, ..fine() }),
            ("minimum_calls", CircuitConfig { minimum_calls: 0, ..fine() }),
            ("slow_rate", CircuitConfig { slow_rate: 1.1, ..fine() }),
            ("open", CircuitConfig { open: Duration::ZERO, ..fine() }),
            ("open_max", CircuitConfig { open_max: Duration::from_secs(4), ..fine() }),
            ("open_max", CircuitConfig { open_max: day * 2, ..fine() }),
            ("jitter", CircuitConfig { jitter: 1.0, ..fine() }),
            ("jitter", CircuitConfig { jitter: -0.1, ..fine() }),
            ("probes", CircuitConfig { probes: [0, 3], ..fine() }),
            ("probes", CircuitConfig { probes: [1, 1001], ..fine() }),
            ("permit_max_age", CircuitConfig { permit_max_age: day * 2, ..fine() }),
        ];
        for (field, config) in wrong {
            assert_eq!(config.validate().map_err(|error| error.field), Err(field));
        }
    }

    #[test]
    fn the_error_reads_as_a_sentence() {
        let config = CircuitConfig { jitter: 2.0, ..CircuitConfig::default() };
        let message = config.validate().map_err(|error| error.to_string());
        assert_eq!(message, Err("jitter must be at least 0 and below 1".to_owned()));
    }
}

//! How fast time goes for the rules.

use std::time::Duration;

/// The factor by which a rehearsal is faster than reality: every window, pending period and age of the rules is
/// divided by it, so that a drill of a few seconds shows what an outage of minutes would. Rates stay per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    factor: u32,
}

impl Pace {
    /// As in production.
    pub const REAL: Self = Self { factor: 1 };

    /// So many times faster than reality. 0 counts as 1.
    pub const fn faster(factor: u32) -> Self {
        Self { factor: if factor == 0 { 1 } else { factor } }
    }

    pub(crate) fn of(self, real: Duration) -> Duration {
        real / self.factor
    }

    pub(crate) fn minutes(self, real: u64) -> Duration {
        self.of(Duration::from_secs(60 * real))
    }

    pub(crate) fn seconds(self, real: u64) -> Duration {
        self.of(Duration::from_secs(real))
    }
}

/// A duration as Prometheus and Grafana write it, to the millisecond: `1h30m`, `500ms`.
pub(crate) fn duration_text(duration: Duration) -> String {
    let units = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
    let mut rest = duration.as_millis();
    let mut text = String::new();
    for (unit, millis) in units {
        if rest >= millis {
            text += &format!("{}{unit}", rest / millis);
            rest %= millis;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_prometheus_reads_them() {
        let text = |millis| duration_text(Duration::from_millis(millis));
        assert_eq!(text(0), "0s");
        assert_eq!(text(30_000), "30s");
        assert_eq!(text(5_400_000), "1h30m");
        assert_eq!(text(1_500), "1s500ms");
    }

    #[test]
    fn a_rehearsal_divides_every_duration() {
        assert_eq!(Pace::faster(30).minutes(1), Duration::from_secs(2));
        assert_eq!(Pace::faster(0), Pace::REAL);
    }
}

//! How long something took, many times.

use std::time::Duration;

/// Durations, shortest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spread(Vec<Duration>);

impl Spread {
    pub fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        Self(durations)
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn longest(&self) -> Duration {
        self.0.last().copied().unwrap_or_default()
    }

    pub fn all(&self) -> &[Duration] {
        &self.0
    }

    /// The duration that so much of them (0 to 1) did not pass.
    pub fn quantile(&self, part: f64) -> Duration {
        let rank = (part * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.clamp(1, self.0.len().max(1)) - 1).copied().unwrap_or_default()
    }

    /// All that is usually asked, in one line.
    pub fn in_words(&self) -> String {
        if self.0.is_empty() {
            return "never".to_owned();
        }
        let [min, p50, p90, p99, max] = [0.0, 0.5, 0.9, 0.99, 1.0].map(|part| millis(self.quantile(part)));
        format!("min {min}, p50 {p50}, p90 {p90}, p99 {p99}, max {max} (n={})", self.count())
    }
}

fn millis(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_durations() {
        let spread = Spread::of((1..=10).rev().map(Duration::from_millis).collect());
        let at = |part| spread.quantile(part).as_millis();
        assert_eq!((at(0.0), at(0.5), at(0.9), at(0.99), at(1.0)), (1, 5, 9, 10, 10));
        assert_eq!(Spread::default().quantile(0.5), Duration::ZERO);
        assert_eq!(Spread::default().in_words(), "never");
    }
}

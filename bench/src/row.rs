//! What a bar came to: figures of each round, and what they should have been.

use serde::Serialize;

/// One line of the result.
pub struct Row {
    /// The bar, like P3.
    pub bar: &'static str,
    /// What is measured.
    pub what: String,
    /// Our figure, in each round.
    pub ours: Series,
    /// The other side's, where there is one.
    pub other: Option<Series>,
    /// Which of the figures must be how large.
    pub threshold: Threshold,
}

/// One figure for each round.
#[derive(Clone, Serialize)]
pub struct Series {
    /// What one is.
    pub unit: &'static str,
    /// As they were measured.
    pub rounds: Vec<f64>,
}

/// What the median must be.
#[derive(Clone, Copy)]
pub enum Threshold {
    /// Our figure.
    AtLeast(f64),
    /// Our figure.
    AtMost(f64),
    /// Our figure divided by the other side's in the same round.
    RatioAtLeast(f64),
    /// Our figure divided by the other side's in the same round.
    RatioAtMost(f64),
    /// Anything: nothing was promised, and the figure is there to be known.
    Anything,
}

/// How many times a figure may miss its bar before something must be broken.
const ABSURD: f64 = 10.0;

impl Row {
    /// The figures that the threshold is about.
    pub fn judged(&self) -> Series {
        match (self.threshold, &self.other) {
            (Threshold::RatioAtLeast(_) | Threshold::RatioAtMost(_), Some(other)) => {
                let pairs = self.ours.rounds.iter().zip(&other.rounds);
                Series { unit: "", rounds: pairs.map(|(ours, other)| ours / other).collect() }
            }
            _ => self.ours.clone(),
        }
    }

    /// Whether the bar is met.
    pub fn is_met(&self) -> bool {
        self.is_within(1.0)
    }

    /// Whether the figure can only mean that something is broken.
    pub fn is_absurd(&self) -> bool {
        !self.is_within(ABSURD)
    }

    fn is_within(&self, slack: f64) -> bool {
        let median = self.judged().median();
        match self.threshold {
            Threshold::AtLeast(bar) | Threshold::RatioAtLeast(bar) => median >= bar / slack,
            Threshold::AtMost(bar) | Threshold::RatioAtMost(bar) => median <= bar * slack,
            Threshold::Anything => median.is_finite(),
        }
    }
}

impl Series {
    /// The figures of all rounds.
    pub fn new(unit: &'static str, rounds: impl IntoIterator<Item = f64>) -> Self {
        Self { unit, rounds: rounds.into_iter().collect() }
    }

    /// The one in the middle.
    pub fn median(&self) -> f64 {
        let mut sorted = self.rounds.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.len() {
            0 => f64::NAN,
            n if n % 2 == 1 => sorted[n / 2],
            n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
        }
    }

    /// The smallest and the largest.
    pub fn spread(&self) -> (f64, f64) {
        let fold = |pick: fn(f64, f64) -> f64| self.rounds.iter().copied().fold(f64::NAN, pick);
        (fold(f64::min), fold(f64::max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ours: &[f64], other: &[f64], threshold: Threshold) -> Row {
        let series = |rounds: &[f64]| Series::new("req/s", rounds.iter().copied());
        Row {
            bar: "P0",
            what: "a test".to_owned(),
            ours: series(ours),
            other: Some(series(other)),
            threshold,
        }
    }

    #[test]
    fn a_ratio_is_that_of_each_round_so_that_drift_cancels() {
        let row = row(&[100.0, 50.0, 80.0], &[200.0, 100.0, 100.0], Threshold::RatioAtLeast(0.5));
        assert_eq!(row.judged().median(), 0.5);
        assert_eq!(row.judged().spread(), (0.5, 0.8));
        assert!(row.is_met());
    }

    #[test]
    fn absurd_is_ten_times_off_and_not_just_missed() {
        let missed = row(&[40.0], &[100.0], Threshold::RatioAtLeast(0.6));
        assert!(!missed.is_met() && !missed.is_absurd());
        assert!(row(&[5.0], &[100.0], Threshold::RatioAtLeast(0.6)).is_absurd());
        assert!(row(&[601.0], &[1.0], Threshold::AtMost(60.0)).is_absurd());
    }

    #[test]
    fn nothing_measured_meets_nothing() {
        let nothing = row(&[], &[], Threshold::AtMost(1.0));
        assert!(!nothing.is_met() && nothing.is_absurd());
    }
}

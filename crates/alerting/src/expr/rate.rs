//! `rate`, `increase` and `delta`, as Prometheus computes them.
//!
//! Source: `extrapolatedRate` of Prometheus 2, and proved with it: the tests replay series through Debian's promtool.
//! Prometheus 3 leaves out a sample at the very start of a window, and extrapolates a series that began inside it by a
//! little less; neither matters to a rule.

use super::RangeFunction;

/// A sample: Unix milliseconds and value.
pub(crate) type Point = (i64, f64);

/// The function's value over these samples of a window that ends at `end` (Unix milliseconds) and is `window`
/// milliseconds long. Nothing, if there are not two samples.
pub(super) fn over_window(function: RangeFunction, points: &[Point], end: i64, window: i64) -> Option<f64> {
    let [first, .., last] = points else { return None };
    let counter = function != RangeFunction::Delta;
    let grown = last.1 - first.1 + if counter { lost_in_resets(points) } else { 0.0 };

    let sampled = seconds(last.0 - first.0);
    #[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^52 samples")]
    let between_samples = sampled / (points.len() - 1) as f64;
    // Farther than this from an end of the window, the series is taken to have begun, or ended, inside it.
    let near = between_samples * 1.1;

    let mut to_start = seconds(first.0 - (end - window));
    if counter && grown > 0.0 && first.1 >= 0.0 {
        // A counter was never below zero.
        to_start = to_start.min(sampled * (first.1 / grown));
    }
    if to_start >= near {
        to_start = between_samples / 2.0;
    }

    let mut to_end = seconds(end - last.0);
    if to_end >= near {
        to_end = between_samples / 2.0;
    }

    let extrapolated = grown * ((sampled + to_start + to_end) / sampled);
    Some(if function == RangeFunction::Rate { extrapolated / seconds(window) } else { extrapolated })
}

/// What a counter had reached each time it began again at zero.
fn lost_in_resets(points: &[Point]) -> f64 {
    points.windows(2).filter(|pair| pair[1].1 < pair[0].1).map(|pair| pair[0].1).sum()
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a window are far below 2^52")]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use RangeFunction::{Delta, Increase, Rate};

    fn points(values: &[f64]) -> Vec<Point> {
        (0..).map(|index| 5_000 + index * 15_000).zip(values.iter().copied()).collect()
    }

    #[test]
    fn a_steady_counter_is_extrapolated_to_the_whole_window() {
        let points = points(&[100.0, 115.0, 130.0, 145.0]);
        assert_eq!(over_window(Increase, &points, 60_000, 60_000), Some(60.0));
        assert_eq!(over_window(Rate, &points, 60_000, 60_000), Some(1.0));
    }

    #[test]
    fn a_counter_is_not_extrapolated_below_zero() {
        let points = points(&[0.0, 15.0, 30.0, 45.0]);
        let grown = over_window(Increase, &points, 60_000, 60_000).unwrap();
        assert!((grown - 55.0).abs() < 1e-9, "{grown}");
    }

    #[test]
    fn a_counter_that_began_again_has_grown() {
        let points = points(&[100.0, 115.0, 5.0, 20.0]);
        assert_eq!(over_window(Increase, &points, 60_000, 60_000), Some(35.0 * 60.0 / 45.0));
    }

    #[test]
    fn a_gauge_may_fall() {
        let points = points(&[30.0, 20.0, 10.0, 0.0]);
        assert_eq!(over_window(Delta, &points, 60_000, 60_000), Some(-40.0));
    }

    #[test]
    fn a_series_that_began_inside_the_window_is_extrapolated_by_half_a_gap_only() {
        let points = points(&[100.0, 115.0]);
        assert_eq!(over_window(Increase, &points, 20_000, 3_600_000), Some(15.0 * 22.5 / 15.0));
    }

    #[test]
    fn a_counter_that_began_inside_the_window_began_at_zero() {
        // 5 s before it was seen at 5, it was at 0.
        let points = points(&[5.0, 20.0]);
        assert_eq!(over_window(Increase, &points, 20_000, 3_600_000), Some(15.0 * 20.0 / 15.0));
    }

    #[test]
    fn one_sample_says_nothing() {
        assert_eq!(over_window(Rate, &points(&[1.0]), 60_000, 60_000), None);
        assert_eq!(over_window(Rate, &[], 60_000, 60_000), None);
    }
}

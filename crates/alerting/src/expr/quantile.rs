//! `histogram_quantile`, as Prometheus computes it for classic histograms.

/// A quantile (0 to 1) of a histogram. Buckets are upper bound and cumulative count, in any order.
///
/// Not a number if there is no observation, or no bucket without an upper bound.
pub(super) fn of_buckets(quantile: f64, mut buckets: Vec<(f64, f64)>) -> f64 {
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let buckets = cumulative(&buckets);
    let [.., second_last, last] = buckets.as_slice() else { return f64::NAN };
    if last.0 != f64::INFINITY || last.1.is_nan() || last.1 == 0.0 {
        return f64::NAN;
    }
    let rank = quantile * last.1;
    let found = buckets.iter().position(|bucket| bucket.1 >= rank).unwrap_or(buckets.len() - 1);
    match found {
        // Above the highest bound, that bound is all we know.
        _ if found == buckets.len() - 1 => second_last.0,
        0 if buckets[0].0 <= 0.0 => buckets[0].0,
        0 => buckets[0].0 * (rank / buckets[0].1),
        _ => {
            let (start, below) = buckets[found - 1];
            let (end, count) = buckets[found];
            start + (end - start) * ((rank - below) / (count - below))
        }
    }
}

/// Buckets of the same bound as one, and no bucket with less than a smaller one: rates of counters that were read at
/// slightly different times can have that.
fn cumulative(sorted: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut buckets: Vec<(f64, f64)> = Vec::with_capacity(sorted.len());
    for &(bound, count) in sorted {
        match buckets.last_mut() {
            Some(last) if last.0 == bound => last.1 += count,
            _ => buckets.push((bound, count)),
        }
    }
    let mut highest = f64::NEG_INFINITY;
    for bucket in &mut buckets {
        highest = highest.max(bucket.1);
        bucket.1 = highest;
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    #[test]
    fn a_quantile_lies_within_its_bucket() {
        let buckets = vec![(INF, 100.0), (1.0, 90.0), (0.5, 50.0), (2.0, 100.0)];
        assert_eq!(of_buckets(0.5, buckets.clone()), 0.5);
        assert_eq!(of_buckets(0.25, buckets.clone()), 0.25);
        assert_eq!(of_buckets(0.95, buckets), 1.5);
    }

    #[test]
    fn above_the_highest_bound_the_bound_is_the_answer() {
        assert_eq!(of_buckets(0.99, vec![(1.0, 10.0), (10.0, 20.0), (INF, 100.0)]), 10.0);
    }

    #[test]
    fn without_observations_or_an_unbounded_bucket_there_is_no_answer() {
        assert!(of_buckets(0.9, vec![(1.0, 0.0), (INF, 0.0)]).is_nan());
        assert!(of_buckets(0.9, vec![(1.0, 5.0), (2.0, 9.0)]).is_nan());
        assert!(of_buckets(0.9, vec![(INF, 5.0)]).is_nan());
        assert!(of_buckets(0.9, vec![]).is_nan());
    }

    #[test]
    fn a_bucket_has_no_less_than_a_smaller_one() {
        assert_eq!(of_buckets(0.5, vec![(1.0, 10.0), (2.0, 9.0), (INF, 10.0)]), 0.5);
    }
}

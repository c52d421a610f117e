//! What this instance has counted since it started, out of its own metrics.

use alerting::Snapshot;
use domain::CallTally;
use telemetry::Metrics;

/// Counts as `/metrics` would tell them now.
pub fn tally(metrics: &Metrics) -> CallTally {
    let text = metrics.to_text().unwrap_or_default();
    of(&Snapshot::parse(&text).unwrap_or_default())
}

fn of(snapshot: &Snapshot) -> CallTally {
    let mut tally = CallTally::default();
    for (metric, labels, value) in snapshot.iter() {
        let counter = match (metric, labels.get("outcome"), labels.get("class")) {
            ("pizza_factory_requests_total", "success", _) => &mut tally.success,
            ("pizza_factory_requests_total", "failure", _) => &mut tally.failure,
            ("pizza_factory_requests_total", "timeout", _) => &mut tally.timeout,
            ("pizza_factory_requests_total", "connect_error", _) => &mut tally.connect_error,
            ("pizza_factory_requests_total", "bad_jwt", _) => &mut tally.bad_jwt,
            ("pizza_factory_requests_total", "rejected", _) => &mut tally.rejected,
            ("pizza_factory_short_circuited_total", ..) => &mut tally.short_circuited,
            ("pizza_order_requests_total", _, "2xx") => &mut tally.accepted,
            ("pizza_order_requests_total", _, "5xx") => &mut tally.errors,
            _ => continue,
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a counter")]
        let count = value as u64;
        *counter += count;
    }
    tally
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;
    use telemetry::MetricsOptions;

    #[test]
    fn every_count_of_an_incident_is_a_metric_that_exists() {
        let metrics = Metrics::new(MetricsOptions::new("test")).unwrap();
        for outcome in ["success", "failure", "timeout", "connect_error", "bad_jwt", "rejected"] {
            metrics.factory_request(outcome, None, Duration::from_millis(1));
        }
        metrics.short_circuited();
        metrics.order_request(202);
        metrics.order_request(503);
        let one_each = CallTally {
            success: 1,
            failure: 1,
            timeout: 1,
            connect_error: 1,
            bad_jwt: 1,
            rejected: 1,
            short_circuited: 1,
            accepted: 1,
            errors: 1,
        };
        assert_eq!(tally(&metrics), one_each);
    }
}

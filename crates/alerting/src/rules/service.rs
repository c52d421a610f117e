//! The service as a whole.

use super::JOB;
use crate::expr::{above, absent, always, and, at_most_vector, latest, or, quantile, rate, sum, unless};
use crate::{Engines, Pace, Rule, Selector, Severity, Threshold, Unit};

const REQUEST_BUCKETS: &str = "http_server_request_duration_seconds_bucket";
const REQUEST_COUNT: &str = "http_server_request_duration_seconds_count";
const LOGINS: &str = "pizza_auth_logins_total";

/// Answers are slow, for routes that are used enough to say so.
pub(super) fn latency(pace: Pace) -> Rule {
    let window = pace.minutes(5);
    let buckets = sum(["http_route", "le"], rate(Selector::all(REQUEST_BUCKETS), window));
    let traffic = sum(["http_route"], rate(Selector::all(REQUEST_COUNT), window));
    Rule {
        id: "latency",
        name: "Latency",
        summary: "One in a hundred answers takes longer than a second.",
        severity: Severity::Ticket,
        value: and(quantile(0.99, buckets), above(traffic, 0.1)),
        threshold: Threshold::Above(1.0),
        unit: Unit::Seconds,
        pending: pace.minutes(5),
        keep_firing: pace.minutes(5),
        engines: Engines::All,
    }
}

/// Somebody tries passwords, or nobody can log in. What is usual is what the hour before was; with no hour before,
/// nothing is usual.
pub(super) fn login_failures(pace: Pace) -> Rule {
    let failures = || Selector::all(LOGINS).one_of("outcome", &["failure", "throttled"]);
    let lately = || sum([], rate(failures(), pace.minutes(5)));
    let before = sum([], rate(failures(), pace.minutes(60)).ago(pace.minutes(5)));
    Rule {
        id: "login-failures-surge",
        name: "Login failures surge",
        summary: "Many more logins fail than usual.",
        severity: Severity::Ticket,
        value: unless(lately(), at_most_vector(lately(), 5.0 * before)),
        threshold: Threshold::Above(0.5),
        unit: Unit::PerSecond,
        pending: pace.minutes(2),
        keep_firing: pace.minutes(5),
        engines: Engines::All,
    }
}

/// The service does not answer.
pub(super) fn down(pace: Pace) -> Rule {
    let up = || Selector::all("up").is("job", JOB);
    Rule {
        id: "service-down",
        name: "Service down",
        summary: "The pizza service does not answer: nobody can order.",
        severity: Severity::Page,
        value: or(latest(up()), 0.0 * absent(up())),
        threshold: Threshold::Below(1.0),
        unit: Unit::Flag,
        pending: pace.minutes(1),
        keep_firing: pace.minutes(1),
        engines: Engines::Outside,
    }
}

/// Always there. Whoever does not hear it knows that alerts do not get through.
pub(super) fn watchdog() -> Rule {
    Rule {
        id: "watchdog",
        name: "Watchdog",
        summary: "Always firing. It shows that alerts get through.",
        severity: Severity::None,
        value: always(1.0),
        threshold: Threshold::Above(0.0),
        unit: Unit::Flag,
        pending: std::time::Duration::ZERO,
        keep_firing: std::time::Duration::ZERO,
        engines: Engines::All,
    }
}

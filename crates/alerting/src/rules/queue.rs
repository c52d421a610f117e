//! The backlog, and the worker that drains it.

use crate::expr::{above, and, delta, increase, latest, max, now, or, sum, unless};
use crate::{Engines, Pace, Rule, Selector, Severity, Threshold, Unit};

const DEPTH: &str = "pizza_queue_depth";
const OLDEST_AGE: &str = "pizza_queue_oldest_age_seconds";
const HEARTBEAT: &str = "pizza_worker_heartbeat_timestamp_seconds";
const DISPATCHES: &str = "pizza_queue_dispatches_total";
const CIRCUIT_STATE: &str = "pizza_circuit_state";

/// Somebody waits far too long for a pizza.
pub(super) fn old(pace: Pace) -> Rule {
    Rule {
        id: "order-queue-old",
        name: "Order queue old",
        summary: "Orders wait for more than five minutes. None is lost.",
        severity: Severity::Page,
        value: max([], latest(Selector::all(OLDEST_AGE).is("state", "queued"))),
        threshold: Threshold::Above(pace.seconds(300).as_secs_f64()),
        unit: Unit::Seconds,
        pending: pace.minutes(1),
        keep_firing: pace.minutes(2),
        engines: Engines::All,
    }
}

/// More orders come than are made.
pub(super) fn growing(pace: Pace) -> Rule {
    let queued = || Selector::all(DEPTH).is("state", "queued");
    let rising = above(max([], delta(queued(), pace.minutes(5))), 0.0);
    Rule {
        id: "order-queue-growing",
        name: "Order queue growing",
        summary: "More orders are queued than made. None is lost.",
        severity: Severity::Ticket,
        value: and(max([], latest(queued())), rising),
        threshold: Threshold::Above(20.0),
        unit: Unit::Orders,
        pending: pace.minutes(5),
        keep_firing: pace.minutes(5),
        engines: Engines::All,
    }
}

/// Orders that failed while others succeeded, and wait for a person.
pub(super) fn quarantined(pace: Pace) -> Rule {
    Rule {
        id: "orders-quarantined",
        name: "Quarantined orders",
        summary: "Orders keep failing while others succeed, and wait for somebody to look at them.",
        severity: Severity::Ticket,
        value: max([], latest(Selector::all(DEPTH).is("state", "quarantined"))),
        threshold: Threshold::Above(0.0),
        unit: Unit::Orders,
        pending: pace.minutes(1),
        keep_firing: pace.minutes(0),
        engines: Engines::All,
    }
}

/// Orders could be made and nobody makes them. The value is for how long: since the worker last went round, or since
/// the oldest order was placed, if with a closed circuit none left the queue in five minutes.
pub(super) fn worker_stuck(pace: Pace) -> Rule {
    let for_long = pace.seconds(60).as_secs_f64();
    let oldest = max([], latest(Selector::all(OLDEST_AGE).is("state", "queued")));
    let closed = Selector::all(CIRCUIT_STATE).one_of("state", &["closed", "forced_closed"]);
    let dispatched = sum([], increase(Selector::all(DISPATCHES), pace.minutes(5)));
    let ready = and(oldest, above(max([], latest(closed)), 0.0));
    let left_waiting = unless(ready, above(dispatched, 0.0));
    let silent = now() - max(["instance"], latest(Selector::all(HEARTBEAT)));
    Rule {
        id: "worker-stuck",
        name: "Worker stuck",
        summary: "Orders are ready and nobody works on them. None is lost.",
        severity: Severity::Page,
        value: or(above(left_waiting, for_long), silent),
        threshold: Threshold::Above(for_long),
        unit: Unit::Seconds,
        pending: pace.minutes(2),
        keep_firing: pace.minutes(2),
        engines: Engines::All,
    }
}

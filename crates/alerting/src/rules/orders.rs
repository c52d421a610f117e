//! Orders, as diners feel them.

use crate::expr::{above, and, at_least, increase, sum};
use crate::{Engines, Expr, Pace, Recording, Rule, Selector, Severity, Threshold, Unit};
use std::time::Duration;

const REQUESTS: &str = "pizza_order_requests_total";
const ORDERS: &str = "pizza_orders_total";
const SLO: &str = "pizza_order_fulfil_slo_total";

/// The part of orders that may miss the objective "90 % within 60 s".
const ERROR_BUDGET: f64 = 0.1;
/// At this rate a month's budget is gone in five days.
const FAST_BURN: f64 = 6.0;

/// Orders are not even taken.
pub(super) fn intake_failing(pace: Pace) -> Rule {
    let in_five_minutes = |selector| sum([], increase(selector, pace.minutes(5)));
    let failed = || in_five_minutes(Selector::all(REQUESTS).is("class", "5xx"));
    let all = in_five_minutes(Selector::all(REQUESTS));
    Rule {
        id: "order-intake-failing",
        name: "Order intake failing",
        summary: "Diners cannot order: the service answers orders with an error of its own.",
        severity: Severity::Page,
        value: and(100.0 * failed() / above(all, 0.0), at_least(failed(), 3.0)),
        threshold: Threshold::Above(1.0),
        unit: Unit::Percent,
        pending: pace.minutes(1),
        keep_firing: pace.minutes(2),
        engines: Engines::All,
    }
}

/// Nobody orders any more, and no error says why.
pub(super) fn none(pace: Pace) -> Rule {
    let taken = || Selector::all(ORDERS).one_of("outcome", &["fulfilled", "queued"]);
    let lately = sum([], increase(taken(), pace.minutes(15)));
    let before = sum([], increase(taken(), pace.minutes(60)).ago(pace.minutes(15)));
    Rule {
        id: "no-orders",
        name: "No orders",
        summary: "No order came in a quarter of an hour, and some came in the hour before.",
        severity: Severity::Ticket,
        value: and(lately, above(before, 0.0)),
        threshold: Threshold::Below(1.0),
        unit: Unit::Orders,
        pending: pace.minutes(5),
        keep_firing: pace.minutes(0),
        engines: Engines::All,
    }
}

/// Orders take too long, and have for a while: both windows burn, so it is neither a blip nor long over.
pub(super) fn slo_burn(pace: Pace) -> Rule {
    let (short, long) = (pace.minutes(5), pace.minutes(60));
    Rule {
        id: "fulfilment-slo-burn",
        name: "Fulfilment SLO burn",
        summary: "Far too many orders take longer than a minute.",
        severity: Severity::Ticket,
        value: and(burn(short), above(burn(long), FAST_BURN)),
        threshold: Threshold::Above(FAST_BURN),
        unit: Unit::Times,
        pending: pace.minutes(2),
        keep_firing: pace.minutes(5),
        engines: Engines::All,
    }
}

/// How fast the error budget burns just now, for the dashboard.
pub(super) fn slo_burn_recording(pace: Pace) -> Recording {
    Recording { name: "pizza:order_slo_burn:times", value: burn(pace.minutes(5)) }
}

/// So many times faster than the budget allows.
fn burn(window: Duration) -> Expr {
    let missed = sum([], increase(Selector::all(SLO).is("result", "missed"), window));
    let due = sum([], increase(Selector::all(SLO), window));
    missed / above(due, 0.0) / ERROR_BUDGET
}

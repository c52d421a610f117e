//! The factory, as the service feels it.

use crate::expr::{above, increase, latest, max, or, sum};
use crate::{Engines, Expr, Pace, Recording, Rule, Selector, Severity, Threshold, Unit};

const REQUESTS: &str = "pizza_factory_requests_total";
const SHORT_CIRCUITED: &str = "pizza_factory_short_circuited_total";
const CIRCUIT_STATE: &str = "pizza_circuit_state";

/// Diners do not get their pizzas: calls fail, or the circuit lets none through.
///
/// A ratio of calls alone goes silent just when the outage is total, because an open circuit makes no calls. So
/// orders that were refused a call count as demand, and while the circuit is not closed the rate is 0.
pub(super) fn success_rate(pace: Pace) -> Rule {
    let not_closed = Selector::all(CIRCUIT_STATE).one_of("state", &["half_open", "open"]);
    Rule {
        id: "factory-success-rate",
        name: "Pizza Factory Success Rate %",
        summary: "The pizza factory fails. Orders are queued and none is lost.",
        severity: Severity::Page,
        value: or(0.0 * above(max([], latest(not_closed)), 0.0), rate_of_success(pace)),
        threshold: Threshold::Below(50.0),
        unit: Unit::Percent,
        pending: pace.minutes(1),
        keep_firing: pace.minutes(2),
        engines: Engines::All,
    }
}

/// Calls have stopped, by the circuit itself or by somebody's hand.
pub(super) fn circuit_open(pace: Pace) -> Rule {
    let open = Selector::all(CIRCUIT_STATE).one_of("state", &["forced_open", "open"]);
    Rule {
        id: "circuit-open",
        name: "Circuit open",
        summary: "The circuit to the pizza factory is open: orders are queued without a call.",
        severity: Severity::Ticket,
        value: max(["instance"], latest(open)),
        threshold: Threshold::Above(0.0),
        unit: Unit::Flag,
        pending: pace.seconds(30),
        keep_firing: pace.minutes(2),
        engines: Engines::All,
    }
}

/// The rate of success as it is, whatever the circuit says, for the dashboard's panel.
pub(super) fn success_rate_recording(pace: Pace) -> Recording {
    Recording { name: "pizza:factory_success:percent", value: rate_of_success(pace) }
}

/// Nothing at all while nobody wants a pizza.
fn rate_of_success(pace: Pace) -> Expr {
    let in_a_minute = |selector| sum([], increase(selector, pace.minutes(1)));
    let successes = in_a_minute(Selector::all(REQUESTS).is("outcome", "success"));
    let demand = in_a_minute(Selector::all(REQUESTS)) + in_a_minute(Selector::all(SHORT_CIRCUITED));
    100.0 * successes / above(demand, 0.0)
}

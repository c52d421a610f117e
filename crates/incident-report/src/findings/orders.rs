//! What became of orders that should not have.

use super::{Finding, Priority, add};
use crate::{
    Course,
    words::{counted, verb},
};

/// The one thing that must never happen.
pub(super) fn lost(course: &Course<'_>, findings: &mut Vec<Finding>) {
    let lost = course.facts.orders.lost;
    if lost > 0 {
        add(
            findings,
            Priority::High,
            format!("**{} {} lost.**", counted(lost, "order"), verb(lost, "was", "were")),
            format!(
                "**Find {}, make good for {}, and find out how that could happen.**",
                counted(lost, "lost order"),
                verb(lost, "it", "them")
            ),
        );
    }
}

pub(super) fn find(course: &Course<'_>, findings: &mut Vec<Finding>) {
    let (orders, errors) = (&course.facts.orders, course.facts.calls.errors);
    let are = |count: u64, what: &str| {
        format!("{} {} {what}.", counted(count, "order"), verb(count, "was", "were"))
    };
    if orders.quarantined > 0 {
        add(
            findings,
            Priority::High,
            are(orders.quarantined, "quarantined: they kept failing while others succeeded"),
            format!(
                "Look at {} and redrive or cancel {}.",
                counted(orders.quarantined, "quarantined order"),
                verb(orders.quarantined, "it", "them")
            ),
        );
    }
    if course.is_over() && orders.waiting > 0 {
        add(
            findings,
            Priority::High,
            format!(
                "{} from then {} still waiting.",
                counted(orders.waiting, "order"),
                verb(orders.waiting, "is", "are")
            ),
            "Find out why orders still wait though the incident is closed.",
        );
    }
    if errors > 0 {
        add(
            findings,
            Priority::High,
            format!("{} to order ended with an error of ours.", counted(errors, "request")),
            "Find the requests to order that ended with 5xx in the log, and make what failed there hold.",
        );
    }
    if orders.rejected > 0 {
        add(
            findings,
            Priority::Medium,
            are(orders.rejected, "rejected by the factory"),
            format!("Find out why the factory rejected {}.", counted(orders.rejected, "order")),
        );
    }
    if orders.cancelled > 0 {
        add(
            findings,
            Priority::Low,
            are(orders.cancelled, "cancelled by diners"),
            "Look whether diners were told well enough that their order is safe and how long it may take.",
        );
    }
}

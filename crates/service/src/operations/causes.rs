//! Which incident an alert belongs to.

use domain::Cause;

/// What is broken when this rule alerts; `None` for a rule for which nobody is woken.
pub(super) fn cause_of(rule: &str) -> Option<Cause> {
    match rule {
        "factory-success-rate" => Some(Cause::Factory),
        "order-intake-failing" => Some(Cause::Intake),
        "worker-stuck" => Some(Cause::Worker),
        "order-queue-old" => Some(Cause::Backlog),
        _ => None,
    }
}

/// Old orders are what every other cause leads to: while one of those is open they are part of it.
pub(super) fn is_consequence(cause: Cause) -> bool {
    cause == Cause::Backlog
}

#[cfg(test)]
mod tests {
    use super::*;
    use alerting::{Pace, Rules, Severity};

    #[test]
    fn every_rule_that_wakes_somebody_has_a_cause_and_no_other_has() {
        for rule in Rules::built_in(Pace::REAL).iter() {
            assert_eq!(cause_of(rule.id).is_some(), rule.severity == Severity::Page, "{}", rule.id);
        }
    }
}

//! What held, what did not, and what to do about it: everything that follows from the facts.

mod cause;
mod orders;
mod telling;

use crate::{
    Course, blank,
    summary::waited,
    words::{counted, number, verb},
};
use jiff::SignedDuration;

/// How long the first page may take after the first failed call.
pub const PAGE_WITHIN: SignedDuration = SignedDuration::from_secs(90);
/// How long it may take until somebody who was told takes an incident on.
pub const ACKNOWLEDGE_WITHIN: SignedDuration = SignedDuration::from_mins(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Priority {
    High,
    Medium,
    Low,
}

/// Something that did not go the way it should, and what to do about it.
struct Finding {
    priority: Priority,
    what: String,
    action: String,
}

/// What limited the damage, and what did not hold.
pub(crate) fn prevention(course: &Course<'_>) -> String {
    let mut section = String::new();
    let held = held(course);
    if !held.is_empty() {
        section.push_str(&format!("What limited the damage:\n\n{}\n", bullets(&held)));
    }
    let broken: Vec<String> = findings(course).into_iter().map(|finding| finding.what).collect();
    if broken.is_empty() {
        section.push_str("The facts show nothing that did not hold.\n\n");
    } else {
        section.push_str(&format!("What to do better:\n\n{}\n", bullets(&broken)));
    }
    section + &blank("what would have prevented it, or made it smaller.")
}

/// What to do, the most urgent first.
pub(crate) fn action_items(course: &Course<'_>) -> String {
    let mut section = String::new();
    for (place, finding) in findings(course).iter().enumerate() {
        section.push_str(&format!("{}.  **[{:?}]** {}\n", place + 1, finding.priority, finding.action));
    }
    if section.is_empty() {
        section.push_str("The facts suggest none.\n");
    }
    section.push_str(&format!("\n{}", blank("who does each of these by when, and what is missing.")));
    section
}

fn bullets(lines: &[String]) -> String {
    lines.iter().map(|line| format!("* {line}\n")).collect()
}

fn held(course: &Course<'_>) -> Vec<String> {
    let (orders, saved) = (&course.facts.orders, course.facts.calls.short_circuited);
    let mut held = Vec::new();
    let kept = waited(course);
    if kept > 0 {
        held.push(format!(
            "**Queue:** {} {} kept instead of refused, and {} made later.",
            counted(kept, "order"),
            verb(kept, "was", "were"),
            match orders.fulfilled_later {
                0 => "none is".to_owned(),
                later => format!("{} {}", number(later), verb(later, "was", "were")),
            },
        ));
    }
    if saved > 0 {
        let calls = counted(saved, "call");
        held.push(format!(
            "**Circuit breaker:** {calls} to a factory that was down {} not made.",
            verb(saved, "was", "were")
        ));
    }
    held
}

fn findings(course: &Course<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    orders::lost(course, &mut findings);
    cause::find(course, &mut findings);
    orders::find(course, &mut findings);
    telling::find(course, &mut findings);
    findings.sort_by_key(|finding| finding.priority);
    findings
}

fn add(findings: &mut Vec<Finding>, priority: Priority, what: String, action: impl Into<String>) {
    findings.push(Finding { priority, what, action: action.into() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_high_comes_first() {
        assert!(Priority::High < Priority::Medium && Priority::Medium < Priority::Low);
    }
}

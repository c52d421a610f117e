//! What follows from the cause.

use super::{Finding, Priority, add};
use crate::{Course, words::counted};
use domain::{Cause, IncidentEventKind as Kind};

pub(super) fn find(course: &Course<'_>, findings: &mut Vec<Finding>) {
    if course.is_of_factory() {
        factory(course, findings);
    } else {
        ourselves(course, findings);
    }
}

fn factory(course: &Course<'_>, findings: &mut Vec<Finding>) {
    let link = course.first(Kind::ReportLink).is_some();
    let (from, to) =
        (course.incident().began_at, course.last(Kind::Recovery).map_or(course.end(), |event| event.at));
    if link && course.first(Kind::Act).is_none() {
        add(
            findings,
            Priority::Medium,
            "The factory's answers carried a link that ends its chaos, and nobody followed it.".to_owned(),
            "Follow the report link next time, or let the service do it: `incidents.follow_report_link = \"auto\"`.",
        );
    }
    match (course.windows.as_slice(), link) {
        ([], true) => add(
            findings,
            Priority::Low,
            "The factory was under chaos testing that nobody had planned here.".to_owned(),
            format!(
                "Mark the time as chaos for whoever looks at the dashboard later: `pizza chaos annotate --from {} --to {}`.",
                rfc3339(from),
                rfc3339(to)
            ),
        ),
        ([], false) => add(
            findings,
            Priority::Medium,
            "The factory failed outside of planned chaos, and did not say why.".to_owned(),
            "Ask the factory's operators what happened.",
        ),
        (windows, _) if course.paged() && !windows.iter().any(|window| window.plan.lowers_severity) => add(
            findings,
            Priority::Low,
            "Somebody was woken for chaos that was planned.".to_owned(),
            "Plan chaos windows so that they lower the severity of alerts, unless waking somebody is part of the test.",
        ),
        _ => {}
    }
    if course.facts.calls.bad_jwt > 0 {
        add(
            findings,
            Priority::Medium,
            format!("{} brought something that is no pizza.", counted(course.facts.calls.bad_jwt, "call")),
            "Send the factory's operators the answers that are no pizzas: what is signed there, and with which key?",
        );
    }
}

fn ourselves(course: &Course<'_>, findings: &mut Vec<Finding>) {
    let (what, action) = match course.incident().cause {
        Cause::Worker => (
            "Orders were ready and the service did not work on them.",
            "Find out why the worker stood still, and write a test that fails because of it.",
        ),
        Cause::Backlog => (
            "Orders came in faster than they were made.",
            "Find out what held the backlog up: the factory's pace, the cap on calls at once, or too few instances.",
        ),
        Cause::Intake => (
            "Orders could not be placed.",
            "Find out why orders could not be saved, and write a test that fails because of it.",
        ),
        Cause::Factory => return,
    };
    add(findings, Priority::High, what.to_owned(), action);
}

fn rfc3339(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

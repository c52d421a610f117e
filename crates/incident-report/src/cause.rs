//! Why it happened, as far as it can be known.

use crate::{
    Course, blank, text,
    words::{counted, number, share, verb},
};
use domain::{Cause, ChaosWindow, IncidentEventKind as Kind};

pub(crate) fn section(course: &Course<'_>) -> String {
    let immediate = match course.incident().cause {
        Cause::Factory => factory(course),
        Cause::Intake => {
            let errors = course.facts.calls.errors;
            format!(
                "The immediate cause: the service answered {} to order with an error of its own (5xx).",
                counted(errors, "request")
            )
        }
        Cause::Worker => {
            "The immediate cause: orders were ready to be made, the circuit was closed, and the \
                          service's own worker did not take them."
                .to_owned()
        }
        Cause::Backlog => "The immediate cause: orders came in faster than they were made.".to_owned(),
    };
    format!("{immediate}\n{}\n{}", evidence(course), underlying(course))
}

fn factory(course: &Course<'_>) -> String {
    let calls = &course.facts.calls;
    let host = text::code(&course.facts.factory);
    if calls.failed() == 0 {
        return format!("The immediate cause lies at {host}, yet no failed call was counted.");
    }
    let kinds = [
        (calls.failure, "answered with an error"),
        (calls.timeout, "not answered in time"),
        (calls.connect_error, "reached nobody: no connection could be made"),
        (calls.bad_jwt, "answered with something that is no pizza"),
    ];
    let kinds: Vec<(u64, &str)> = kinds.into_iter().filter(|(count, _)| *count > 0).collect();
    if let [(count, what)] = kinds.as_slice() {
        let all =
            if *count == 1 { "the one call".to_owned() } else { format!("all {} calls", number(*count)) };
        return format!("The immediate cause: {all} to {host} that failed {}.", with_verb(what, *count));
    }
    let one = |(count, what): &(u64, &str)| {
        format!("{} ({}) {}", number(*count), share(*count, calls.failed()), with_verb(what, *count))
    };
    let kinds: Vec<String> = kinds.iter().map(one).collect();
    let failed = counted(calls.failed(), "call");
    format!("The immediate cause: of {failed} to {host} that failed, {}.", kinds.join("; "))
}

fn with_verb(what: &str, count: u64) -> String {
    if what.starts_with("reached") {
        what.to_owned()
    } else {
        format!("{} {what}", verb(count, "was", "were"))
    }
}

/// The last failed call, word for word, or the first if the last is not known.
fn evidence(course: &Course<'_>) -> String {
    let last = course.last(Kind::LastFailure).map(|event| (event, "last"));
    match last.or_else(|| course.last(Kind::FirstFailure).map(|event| (event, "first"))) {
        Some((event, which)) => {
            let at = course.time(event.at);
            format!("\nThe {which} failed call, at {at}:\n\n{}", text::block(&event.text))
        }
        None => String::new(),
    }
}

const NOTHING_SEEN: &str = "the underlying cause. The service has not seen one: no chaos window was planned, and no \
                            answer carried a report link.";

fn underlying(course: &Course<'_>) -> String {
    let mut known = String::new();
    for window in &course.windows {
        known.push_str(&format!("* {}\n", planned(course, window)));
    }
    if let Some(event) = course.first(Kind::ReportLink) {
        known.push_str(&format!(
            "* The factory's answers carried a link that reports and ends its chaos, first seen at {}: {}\n",
            course.time(event.at),
            text::sentence(&event.text, None)
        ));
    }
    match (known.is_empty(), course.chaos()) {
        (true, _) if course.is_of_factory() => blank(NOTHING_SEEN),
        (true, _) => blank("the underlying cause."),
        (false, Some(_)) => format!(
            "The underlying cause was chaos testing of the factory:\n\n{known}\n{}",
            blank("whether this explains all of it, and why our service was hit the way it was.")
        ),
        (false, None) => format!(
            "At the same time there was chaos testing of the factory, which may or may not be related:\n\n{known}\n{}",
            blank("the underlying cause.")
        ),
    }
}

fn planned(course: &Course<'_>, window: &ChaosWindow) -> String {
    let plan = &window.plan;
    let covers = match (plan.from <= course.incident().began_at, course.end() <= plan.to) {
        (true, true) => "which covers the whole incident",
        (true, false) => "which ended before the incident did",
        (false, true) => "which began after the incident did",
        (false, false) => "which covers part of the incident",
    };
    let reason = match plan.reason.trim() {
        "" => String::new(),
        reason => format!(" Reason given: {}", text::sentence(reason, None)),
    };
    format!(
        "Chaos window {}, planned from {} to {} ({}), {covers}.{reason}",
        window.id,
        course.clock.date_and_time(plan.from),
        course.clock.date_and_time(plan.to),
        text::sentence(&plan.kind, None),
    )
}

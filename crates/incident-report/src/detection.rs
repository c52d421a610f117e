//! How it was noticed, who was told, and how fast.

use crate::{
    Course, blank,
    clock::{between, duration_for_people},
    course::AlertCourse,
    text,
    words::{counted, number, verb},
};
use domain::{IncidentEvent, IncidentEventKind as Kind};
use jiff::Timestamp;

/// Notifications that are shown here; the others are on the timeline.
const SHOWN: usize = 5;

pub(crate) fn section(course: &Course<'_>) -> String {
    let mut section = match course.alert() {
        Some(_) => "The service's own alert rules noticed it.\n".to_owned(),
        None => blank("how it was noticed. No alert rule saw it."),
    };
    if let Some(alert) = course.alert() {
        section.push_str(&format!("* **Trigger:** the alert {} {}.\n", alert.name, states(course, alert)));
    }
    section.push_str(&notification(course));
    section.push_str(&format!("* **Acknowledgement:** {}\n", acknowledgement(course)));
    if let Some(first) = course.first(Kind::FirstFailure) {
        section.push_str(&format!(
            "* **Logs:** the first failed call, at {}: {}\n",
            course.time(first.at),
            text::sentence(&first.text, None)
        ));
    }
    if let Some((_, others @ [_, ..])) = course.alerts.split_first() {
        let others: Vec<String> =
            others.iter().map(|alert| format!("{} {}", alert.name, states(course, alert))).collect();
        section.push_str(&format!("* **Other alerts:** {}.\n", others.join("; ")));
    }
    section
}

/// `was Pending at …, Alerting at …`.
fn states(course: &Course<'_>, alert: &AlertCourse) -> String {
    let mut states = Vec::new();
    if let Some(at) = alert.pending {
        states.push(format!("Pending at {}", course.time(at)));
    }
    match alert.alerting {
        Some(at) => states.push(format!("Alerting at {}", course.time(at))),
        None if alert.pending.is_none() => states.push("under way when the incident began".to_owned()),
        None => states.push("never Alerting".to_owned()),
    }
    match alert.normal {
        Some(at) => states.push(format!("Normal again at {}", course.time(at))),
        // After the incident nobody watches for it here any more.
        None if course.is_over() => states.push("was not Normal yet when the incident closed".to_owned()),
        None => states.push("is not Normal again yet".to_owned()),
    }
    let last = states.pop().unwrap_or_default();
    format!("was {} and {last}", states.join(", "))
}

fn notification(course: &Course<'_>) -> String {
    let told: Vec<&IncidentEvent> = course.all(Kind::Notified).collect();
    let failed = course.all(Kind::NotNotified).count() as u64;
    let attempts =
        format!("{} to tell somebody {}", counted(failed, "attempt"), verb(failed, "failed", "failed"));
    let headline = match course.told() {
        Some(at) => format!("somebody was told at {}, {}.", course.time(at), since_first_sign(course, at)),
        None if failed > 0 => format!("**nobody was told**: {attempts}."),
        None if course.alert().is_some_and(|alert| alert.alerting.is_some()) => {
            "**nobody was told**, though the alert was Alerting.".to_owned()
        }
        None => "nobody was told, because no alert was Alerting.".to_owned(),
    };
    let mut notification = format!("* **Notification:** {headline}\n");
    let failures = course.all(Kind::NotNotified).filter(|_| told.is_empty());
    for event in told.iter().copied().chain(failures).take(SHOWN) {
        let line = format!("  * {} - {}\n", course.time(event.at), text::sentence(&event.text, None));
        notification.push_str(&line);
    }
    if told.len() > SHOWN {
        let more = (told.len() - SHOWN) as u64;
        notification.push_str(&format!("  * {} more, see the timeline\n", number(more)));
    }
    if !told.is_empty() && failed > 0 {
        notification.push_str(&format!("  * {attempts}, see the timeline\n"));
    }
    notification
}

fn since_first_sign(course: &Course<'_>, at: Timestamp) -> String {
    let (first, is_call) = course.first_sign();
    let what = if is_call { "first failed call" } else { "first sign" };
    format!("{} after the {what}", duration_for_people(between(first, at)))
}

fn acknowledgement(course: &Course<'_>) -> String {
    let Some(acknowledged) = &course.incident().acknowledged else { return "nobody took it on.".to_owned() };
    let (since, what) = match course.told() {
        Some(told) if told <= acknowledged.at => (told, "somebody was told"),
        _ => (course.incident().opened_at, "the incident opened"),
    };
    format!(
        "by {} at {}, {} after {what}.",
        text::sentence(&acknowledged.by, None),
        course.time(acknowledged.at),
        duration_for_people(between(since, acknowledged.at)),
    )
}

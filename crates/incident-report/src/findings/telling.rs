//! Whether the right person was told in time.

use super::{ACKNOWLEDGE_WITHIN, Finding, PAGE_WITHIN, Priority, add};
use crate::{
    Course,
    clock::{between, duration_for_people},
    words::{counted, number},
};
use domain::IncidentEventKind as Kind;
use jiff::Timestamp;

pub(super) fn find(course: &Course<'_>, findings: &mut Vec<Finding>) {
    nobody_told(course, findings);
    not_alerted(course, findings);
    if let Some(told) = course.told().filter(|_| course.paged()) {
        late_page(course, told, findings);
        acknowledgement(course, told, findings);
    }
    flapping(course, findings);
}

fn nobody_told(course: &Course<'_>, findings: &mut Vec<Finding>) {
    let failed = course.all(Kind::NotNotified).count() as u64;
    let told = course.told().is_some();
    if failed > 0 {
        let priority = if told { Priority::Medium } else { Priority::High };
        add(
            findings,
            priority,
            format!("{} failed.", counted(failed, "notification")),
            "Repair the contact point whose notifications failed, and prove it with `pizza alerts test`.",
        );
    } else if !told && course.alert().is_some_and(|alert| alert.alerting.is_some()) {
        add(
            findings,
            Priority::High,
            "Nobody was told, though an alert was Alerting.".to_owned(),
            "Configure a contact point that wakes the on-call engineer, and prove it with `pizza alerts test`.",
        );
    }
}

/// Said only when it is over: until then an alert may still be on its way.
fn not_alerted(course: &Course<'_>, findings: &mut Vec<Finding>) {
    if course.is_over() && !course.paged() {
        add(
            findings,
            if course.alert().is_some() { Priority::Low } else { Priority::Medium },
            "No alert that wakes somebody got as far as Alerting.".to_owned(),
            "Decide whether somebody should have been woken; if so, change the threshold or the pending period.",
        );
    }
}

/// Other causes than the factory have alerts that are slower on purpose.
fn late_page(course: &Course<'_>, told: Timestamp, findings: &mut Vec<Finding>) {
    let (first, _) = course.first_sign();
    let took = between(first, told);
    if course.is_of_factory() && took > PAGE_WITHIN {
        add(
            findings,
            Priority::Medium,
            format!("Somebody was told {} after the first failed call.", duration_for_people(took)),
            format!("Find out why the first page took longer than {}.", duration_for_people(PAGE_WITHIN)),
        );
    }
}

fn acknowledgement(course: &Course<'_>, told: Timestamp, findings: &mut Vec<Finding>) {
    let acknowledged = course.incident().acknowledged.as_ref().map(|acknowledged| acknowledged.at);
    let took = between(told, acknowledged.unwrap_or(course.end()));
    if took > ACKNOWLEDGE_WITHIN {
        let (took, within) = (duration_for_people(took), duration_for_people(ACKNOWLEDGE_WITHIN));
        let what = match acknowledged {
            Some(_) => format!("It took {took} until somebody took it on."),
            None => format!("Nobody took it on in {took}."),
        };
        let action = format!(
            "Look at who is on call and how they are reached: an incident should be taken on within {within}."
        );
        add(findings, Priority::Medium, what, action);
    }
}

fn flapping(course: &Course<'_>, findings: &mut Vec<Finding>) {
    if let Some(alert) = course.alert().filter(|alert| alert.times > 1) {
        let times = number(alert.times);
        add(
            findings,
            Priority::Low,
            format!("The alert {} was over and came back: it was Alerting {times} times.", alert.name),
            "Decide whether the alert should keep firing for longer before it is over.",
        );
    }
}

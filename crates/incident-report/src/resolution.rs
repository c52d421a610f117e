//! What ended it, and how that is known.

use crate::{
    Course, blank, text,
    words::{counted, verb},
};
use domain::IncidentEventKind as Kind;

pub(crate) fn section(course: &Course<'_>) -> String {
    let acts: String = course
        .all(Kind::Act)
        .map(|act| format!("* {} - {}\n", course.time(act.at), text::sentence(&act.text, None)))
        .collect();
    let mut section = match (course.is_over(), acts.is_empty()) {
        (true, true) => {
            format!("Nobody acted on the factory, the circuit or the queue: {}.\n", ended_by_itself(course))
        }
        (true, false) => format!("Somebody acted before it was over:\n\n{acts}"),
        (false, true) => {
            "It is **not resolved yet**, and nobody has acted on the factory, the circuit or the queue.\n"
                .to_owned()
        }
        (false, false) => format!("It is **not resolved yet**. Somebody has acted:\n\n{acts}"),
    };
    section.push_str(&format!("\n{}:\n\n", if course.is_over() { "Verified by" } else { "Where it stands" }));
    section.push_str(&verification(course));
    section.push('\n');
    section.push_str(&match (course.is_over(), acts.is_empty()) {
        (true, true) => {
            blank("whether anything was changed to restore service (code, configuration, the factory).")
        }
        (true, false) => blank("which of these acts ended it."),
        (false, _) => blank("how it was resolved."),
    });
    section
}

fn ended_by_itself(course: &Course<'_>) -> String {
    match (course.is_of_factory(), course.last(Kind::Recovery)) {
        (true, Some(event)) => format!("the factory made pizzas again at {}", course.time(event.at)),
        _ => "it ended by itself".to_owned(),
    }
}

fn verification(course: &Course<'_>) -> String {
    let mut lines = String::new();
    if course.is_of_factory() {
        match course.last(Kind::Recovery) {
            Some(event) => lines
                .push_str(&format!("* **Factory:** makes pizzas again since {}.\n", course.time(event.at))),
            None => lines.push_str("* **Factory:** nothing shows that it makes pizzas again.\n"),
        }
    }
    if let Some(alert) = course.alert() {
        let state = match (alert.normal, alert.alerting) {
            (Some(at), _) => format!("Normal at {}", course.time(at)),
            (None, Some(_)) => "still Alerting".to_owned(),
            (None, None) => "still Pending".to_owned(),
        };
        lines.push_str(&format!("* **Alert:** {} {state}.\n", alert.name));
    }
    let waiting = course.facts.orders.waiting;
    let backlog = match (waiting, course.last(Kind::Drained)) {
        (0, Some(event)) => format!("worked off at {}", course.time(event.at)),
        (0, None) => "no order is waiting".to_owned(),
        (_, _) => format!("**{} {} still waiting**", counted(waiting, "order"), verb(waiting, "is", "are")),
    };
    lines.push_str(&format!("* **Backlog:** {backlog}.\n"));
    if let Some(at) = course.incident().closed_at {
        lines.push_str(&format!("* **Incident:** closed at {}.\n", course.time(at)));
    }
    lines
}

//! What happened when.

use crate::{
    Course, blank, text,
    words::{counted, number},
};
use domain::{IncidentEvent, IncidentEventKind as Kind};
use jiff::Timestamp;

/// The most lines that a timeline has. Of a longer one the middle is left out, and a line says so.
pub const MAX_LINES: usize = 200;

/// Up to this many changes of the circuit between its first and its last are told one by one.
const TOLD_SINGLY: usize = 3;

pub(crate) fn section(course: &Course<'_>) -> String {
    let mut lines = lines(course);
    if let Some(left_out) = lines.len().checked_sub(MAX_LINES).filter(|left_out| *left_out > 0) {
        // One more makes room for the line that says so.
        let from = MAX_LINES / 2;
        let told = format!("* *{} left out here.*\n", counted(left_out as u64 + 1, "line"));
        lines.splice(from..from + left_out + 1, [told]);
    }
    let zone = course.clock.zone_name(course.incident().began_at);
    let people = blank("what people looked at and found out, and when.");
    format!("All times are those of {zone}.\n\n{}\n{people}", lines.concat())
}

fn lines(course: &Course<'_>) -> Vec<String> {
    let mut entries = Vec::new();
    let folded = folded(course);
    for event in &course.events {
        let flips = &folded.events;
        if !flips.iter().any(|flip| std::ptr::eq(*flip, *event)) {
            let text = text::sentence(&event.text, state(event.kind));
            entries.push(Entry { at: event.at, until: None, text });
        }
    }
    entries.extend(folded.entry());
    entries.extend(missing(course));
    entries.sort_by_key(|entry| entry.at);
    let line = |entry: Entry| {
        let until = entry.until.map(|until| format!(" to {}", course.time(until))).unwrap_or_default();
        format!("* **{}{until}** - {}\n", course.time(entry.at), entry.text)
    };
    entries.into_iter().map(line).collect()
}

struct Entry {
    at: Timestamp,
    until: Option<Timestamp>,
    text: String,
}

/// What the incident itself says and no event does.
fn missing(course: &Course<'_>) -> Vec<Entry> {
    let incident = course.incident();
    let mut entries = Vec::new();
    let mut add = |at, text: String| entries.push(Entry { at, until: None, text });
    if course.alerts.is_empty() {
        add(incident.opened_at, "The incident opened.".to_owned());
    }
    if let Some(acknowledged) = &incident.acknowledged
        && course.first(Kind::Acknowledgement).is_none()
    {
        add(acknowledged.at, format!("Acknowledged by {}.", text::sentence(&acknowledged.by, None)));
    }
    if let Some(at) = incident.closed_at
        && course.first(Kind::Closed).is_none()
    {
        add(at, "The incident closed.".to_owned());
    }
    entries
}

/// The word that is bold in an alert's line.
fn state(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::AlertPending => Some("Pending"),
        Kind::AlertAlerting => Some("Alerting"),
        Kind::AlertRecovering => Some("Recovering"),
        Kind::AlertNormal => Some("Normal"),
        _ => None,
    }
}

/// Changes of the circuit that are told in one line: a factory that is down is probed again and again, and what
/// matters is when it began, when it ended, and how often.
struct Folded<'a> {
    events: Vec<&'a IncidentEvent>,
}

fn folded<'a>(course: &Course<'a>) -> Folded<'a> {
    let by_itself = |event: &&&IncidentEvent| {
        matches!(event.kind, Kind::CircuitOpened | Kind::CircuitProbing | Kind::CircuitClosed)
    };
    let mut flips: Vec<&IncidentEvent> = course.events.iter().filter(by_itself).copied().collect();
    flips.pop();
    let events = flips.split_off(flips.len().min(1));
    if events.len() > TOLD_SINGLY { Folded { events } } else { Folded { events: Vec::new() } }
}

impl Folded<'_> {
    fn entry(&self) -> Option<Entry> {
        let (first, last) = (self.events.first()?, self.events.last()?);
        let times = |kind| self.events.iter().filter(|event| event.kind == kind).count() as u64;
        let (opened, probed) = (times(Kind::CircuitOpened), times(Kind::CircuitProbing));
        let closed = match times(Kind::CircuitClosed) {
            0 => String::new(),
            closed => format!(", and closed {}", counted(closed, "time")),
        };
        let text = format!(
            "The circuit let probes through {}, and opened again {}{closed}.",
            counted(probed, "time"),
            if opened == 1 { "once".to_owned() } else { format!("{} times", number(opened)) },
        );
        Some(Entry { at: first.at, until: Some(last.at), text })
    }
}

//! The post-mortem of an incident, written from what the service gathered by itself.
//!
//! [`write()`] makes Markdown with the eight sections of an incident report: Summary, Detection, Impact, Timeline, Root
//! Cause Analysis, Resolution, Prevention, Action Items. What can be known is filled in, and counted rather than
//! claimed; what takes judgement is a blank that is marked `To be written`.
//!
//! There is no I/O here and no clock. Sentences that others made (the factory's body, a person's reason) are shown as
//! what they are, text: they can neither add to the document's structure nor link anywhere.

mod cause;
mod clock;
mod course;
mod detection;
mod findings;
mod impact;
mod resolution;
mod summary;
mod text;
mod timeline;
mod words;

pub use clock::duration_for_people;
pub use findings::{ACKNOWLEDGE_WITHIN, PAGE_WITHIN};
pub use summary::summary_line;
pub use text::MAX_TEXT;
pub use timeline::MAX_LINES;

use course::Course;
use domain::{CallTally, ChaosWindow, Incident, IncidentEvent, OrderTally};
use jiff::{Timestamp, tz::TimeZone};

/// Everything that a report is made of.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The incident.
    pub incident: Incident,
    /// Its timeline, in any order. A text may mark code with a pair of backticks; everything else in it is shown as
    /// it is. It must not hold secrets: nothing is redacted here.
    pub events: Vec<IncidentEvent>,
    /// What all instances counted, from the first sign to the end (or now).
    pub calls: CallTally,
    /// What became of the orders that were placed from the first sign to the end (or now).
    pub orders: OrderTally,
    /// Chaos windows; those that do not touch the incident are left out.
    pub windows: Vec<ChaosWindow>,
    /// The factory's host.
    pub factory: String,
    /// The zone in which people read times.
    pub time_zone: TimeZone,
    /// When the report is written.
    pub now: Timestamp,
    /// How long a diner waits for a pizza, in seconds: what is made within that was made at once.
    pub at_once_seconds: u64,
}

/// The incident's report, as Markdown.
pub fn write(facts: &Facts) -> String {
    let course = Course::of(facts);
    let sections: [(&str, String); 8] = [
        ("Summary", summary::section(&course)),
        ("Detection", detection::section(&course)),
        ("Impact", impact::section(&course)),
        ("Timeline", timeline::section(&course)),
        ("Root Cause Analysis", cause::section(&course)),
        ("Resolution", resolution::section(&course)),
        ("Prevention", findings::prevention(&course)),
        ("Action Items", findings::action_items(&course)),
    ];
    let mut report = summary::header(&course);
    for (title, body) in sections {
        report.push_str(&format!("\n## {title}\n{}\n", body.trim_end()));
    }
    report
}

/// A blank for a person to fill in.
fn blank(what: &str) -> String {
    format!("> **To be written:** {what}\n")
}

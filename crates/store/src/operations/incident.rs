//! Incidents as they are kept.

use domain::{CallTally, Cause, Incident, IncidentEvent};
use jiff::Timestamp;
use std::time::Duration;

/// An incident to open.
#[derive(Clone, Debug)]
pub struct IncidentOpening {
    /// What is broken.
    pub cause: Cause,
    /// The first sign.
    pub began_at: Timestamp,
    /// When a paging rule went Pending.
    pub opened_at: Timestamp,
}

/// A page of incidents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentPage {
    /// The incidents.
    pub incidents: Vec<Incident>,
    /// Whether there is another page.
    pub more: bool,
}

/// Everything that is kept of one incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentFile {
    /// The incident.
    pub incident: Incident,
    /// Its timeline, by time.
    pub events: Vec<IncidentEvent>,
    /// What each instance counted.
    pub tallies: Vec<(String, CallTally)>,
    /// Whether a link that ends the factory's chaos is kept.
    pub has_link: bool,
}

/// Orders of a span of time, and when one of them counts as made later than a diner waits.
#[derive(Clone, Copy, Debug)]
pub struct OrderSpan {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment that does not belong to it.
    pub to: Timestamp,
    /// How long a diner waits.
    pub at_once: Duration,
}

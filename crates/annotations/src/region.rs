use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A stretch of time that a dashboard shows. Times are kept to the millisecond.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// Since when.
    pub from: Timestamp,
    /// Until when; as long as that is open, only the beginning is marked.
    pub to: Option<Timestamp>,
    /// What a dashboard finds it by, such as `incident`.
    pub tags: Vec<String>,
    /// What is read when pointing at it.
    pub text: String,
    /// The only dashboard that shows it; what is configured, and failing that all dashboards, when absent.
    pub dashboard_uid: Option<String>,
    /// The only panel of that dashboard.
    pub panel_id: Option<i64>,
}

/// What the other side calls an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AnnotationId(pub i64);

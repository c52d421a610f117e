//! Annotations on dashboards as they are kept.

use jiff::Timestamp;

/// An annotation that was written to a dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Annotated {
    /// Its id there.
    pub id: i64,
    /// The end that was written with it; `None` while it is open.
    pub to: Option<Timestamp>,
}

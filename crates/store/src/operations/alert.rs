//! Alerts as they are kept.

use jiff::Timestamp;

/// An alert of one instance that is not Normal.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRow {
    /// The rule's id.
    pub rule: String,
    /// Which of the rule's alerts: its labels in a canonical form.
    pub labels: String,
    /// Whether people are told of it: it is Alerting or Recovering.
    pub firing: bool,
    /// Everything else, as JSON, for whoever wrote it.
    pub document: String,
}

/// A change of an alert's state.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertChange {
    /// When.
    pub at: Timestamp,
    /// The rule's id.
    pub rule: String,
    /// Which of the rule's alerts.
    pub labels: String,
    /// The state it was in.
    pub from: String,
    /// The state it is in.
    pub to: String,
    /// The value that was looked at.
    pub value: f64,
}

/// A change of an alert's state, and whose alert it is.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertHistory {
    /// The instance.
    pub instance: String,
    /// The change.
    pub change: AlertChange,
}

/// What is new for the whole installation: rule and labels of alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertNews {
    /// Nobody had this alert before.
    pub began: Vec<(String, String)>,
    /// Nobody has it any more.
    pub ended: Vec<(String, String)>,
}

/// A rule that is paused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertPause {
    /// The rule's id.
    pub rule: String,
    /// When it is evaluated again.
    pub until: Timestamp,
    /// Who paused it, as people call them.
    pub by: String,
}

//! Alerts as they are kept.

use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// An alert of one instance that is not Normal.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRow {
    /// The rule's id: at most 255 bytes, as an instance's name.
    pub rule: String,
    /// Which of the rule's alerts: its labels in a canonical form, at most 2,000 bytes.
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

/// Alerts of an installation: a rule and labels each.
pub(crate) type Alerts = BTreeSet<(String, String)>;

impl AlertNews {
    pub(crate) fn between(before: &Alerts, after: &Alerts) -> Self {
        let began = after.difference(before).cloned().collect();
        Self { began, ended: before.difference(after).cloned().collect() }
    }
}

/// One row of each alert: of two that say they are the same, the last.
pub(crate) fn distinct(rows: &[AlertRow]) -> Vec<&AlertRow> {
    let by_alert: BTreeMap<_, _> =
        rows.iter().map(|row| ((row.rule.as_str(), row.labels.as_str()), row)).collect();
    by_alert.into_values().collect()
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

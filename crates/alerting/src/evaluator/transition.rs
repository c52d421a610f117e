//! A change of state, as data.

use super::State;
use crate::{Labels, Severity};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An instance of a rule changed its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// The rule's id.
    pub rule: String,
    /// The rule's name.
    pub name: String,
    /// Whom it wakes.
    pub severity: Severity,
    /// Which instance: the labels of the value.
    pub labels: Labels,
    /// The state it was in.
    pub from: State,
    /// The state it is in.
    pub to: State,
    /// When.
    pub at: Timestamp,
    /// Since when the value has been bad, or was when it turned good.
    pub since: Timestamp,
    /// The last bad value.
    pub value: f64,
    /// Why.
    pub reason: Reason,
}

impl Transition {
    /// Whether an alert begins, which is when people are told. A return from Recovering is the same alert.
    pub fn begins_alert(&self) -> bool {
        self.to == State::Alerting && self.from != State::Recovering
    }

    /// Whether an alert that people were told of ends.
    pub fn ends_alert(&self) -> bool {
        self.to == State::Normal && matches!(self.from, State::Alerting | State::Recovering)
    }
}

/// Why a state changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The value, or how long it has been so.
    Value,
    /// Somebody paused the rule. It says nothing of how things are.
    Paused,
}

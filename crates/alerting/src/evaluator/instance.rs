//! One set of labels of one rule, and its way through the states.

use super::{Reason, Transition};
use crate::{Labels, Rule};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The states of an alert, in Grafana's words. The worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// All is well.
    Normal,
    /// The value is bad, not yet for long enough.
    Pending,
    /// It alerted and the value is good again, not yet for long enough.
    Recovering,
    /// Somebody has to know.
    Alerting,
}

impl State {
    /// Every state, from Normal to Alerting and back.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Pending, Self::Alerting, Self::Recovering];

    /// Grafana's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Pending => "Pending",
            Self::Recovering => "Recovering",
            Self::Alerting => "Alerting",
        }
    }
}

/// An instance of a rule that is not Normal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// The rule's id.
    pub rule: String,
    /// The labels of the value.
    pub labels: Labels,
    /// The state it is in.
    pub state: State,
    /// Since when the value has been bad. A flapping value is bad since it first was.
    pub since: Timestamp,
    /// Since when the value has been good again, if it alerted and is.
    pub good_since: Option<Timestamp>,
    /// The last bad value.
    pub value: f64,
}

impl Instance {
    /// The value is bad for the first time.
    pub(super) fn begin(rule: &Rule, at: Timestamp, labels: Labels, value: f64) -> (Self, Transition) {
        let state = if rule.pending.is_zero() { State::Alerting } else { State::Pending };
        let instance = Self { rule: rule.id.to_owned(), labels, state, since: at, good_since: None, value };
        let transition = instance.transition(rule, State::Normal, at, Reason::Value);
        (instance, transition)
    }

    /// One evaluation later: the value, if it is bad.
    pub(super) fn evaluate(&mut self, rule: &Rule, at: Timestamp, bad: Option<f64>) -> Option<Transition> {
        // After a clock that was set back nothing began in the future.
        self.since = self.since.min(at);
        self.good_since = self.good_since.map(|since| since.min(at));
        let next = match bad {
            Some(value) => {
                self.value = value;
                self.good_since = None;
                self.next_while_bad(rule, at)
            }
            None => self.next_while_good(rule, at),
        };
        self.enter(next, rule, at, Reason::Value)
    }

    pub(super) fn paused(&mut self, rule: &Rule, at: Timestamp) -> Option<Transition> {
        self.enter(State::Normal, rule, at, Reason::Paused)
    }

    pub(super) fn is_of(&self, rule: &Rule) -> bool {
        self.rule == rule.id
    }

    /// When it will have been Pending, or Recovering, for as long as its rule demands; nothing while it is Alerting.
    pub(super) fn period_ends(&self, rule: &Rule) -> Option<Timestamp> {
        let (since, period) = match self.state {
            State::Pending => (self.since, rule.pending),
            State::Recovering => (self.good_since?, rule.keep_firing),
            State::Normal | State::Alerting => return None,
        };
        since.checked_add(period).ok()
    }

    fn next_while_bad(&self, rule: &Rule, at: Timestamp) -> State {
        match self.state {
            State::Pending | State::Normal if elapsed(self.since, at) < rule.pending => State::Pending,
            _ => State::Alerting,
        }
    }

    fn next_while_good(&mut self, rule: &Rule, at: Timestamp) -> State {
        if !matches!(self.state, State::Alerting | State::Recovering) {
            return State::Normal;
        }
        let good_since = *self.good_since.get_or_insert(at);
        if elapsed(good_since, at) < rule.keep_firing { State::Recovering } else { State::Normal }
    }

    fn enter(&mut self, next: State, rule: &Rule, at: Timestamp, reason: Reason) -> Option<Transition> {
        let from = std::mem::replace(&mut self.state, next);
        (from != next).then(|| self.transition(rule, from, at, reason))
    }

    fn transition(&self, rule: &Rule, from: State, at: Timestamp, reason: Reason) -> Transition {
        Transition {
            rule: rule.id.to_owned(),
            name: rule.name.to_owned(),
            severity: rule.severity,
            labels: self.labels.clone(),
            from,
            to: self.state,
            at,
            since: self.since,
            value: self.value,
            reason,
        }
    }
}

/// Nothing, if the clock went backwards.
fn elapsed(since: Timestamp, now: Timestamp) -> Duration {
    now.duration_since(since).try_into().unwrap_or_default()
}

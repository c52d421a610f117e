//! What an alert rule consists of.

use crate::expr::comparison_text;
use crate::{Comparison, Expr};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An alert rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Stable and short: Grafana's uid, the CLI's word for it, and the anchor in the runbook.
    pub id: &'static str,
    /// The name that people read, and Prometheus' `alertname`.
    pub name: &'static str,
    /// What broke, in a sentence that can be read on a phone.
    pub summary: &'static str,
    /// Whom it wakes.
    pub severity: Severity,
    /// The value that is watched. Each set of labels in it is an instance of the rule, with a state of its own.
    pub value: Expr,
    /// When the value is bad.
    pub threshold: Threshold,
    /// What the value counts.
    pub unit: Unit,
    /// How long the value must be bad before the rule alerts.
    pub pending: Duration,
    /// How long a rule that alerted goes on alerting once the value is good again. If the value turns bad in that
    /// time, it is the same alert and nobody is paged again.
    pub keep_firing: Duration,
    /// Which engines can evaluate it.
    pub engines: Engines,
}

impl Rule {
    /// The rule's anchor in `docs/runbook.md`.
    pub fn runbook_anchor(&self) -> &'static str {
        self.id
    }

    /// The whole condition as PromQL: the value compared with the threshold.
    pub fn promql(&self) -> String {
        let (comparison, with) = self.threshold.comparison();
        comparison_text(&self.value, comparison, with)
    }
}

/// Whom an alert wakes. The words are those of the label `severity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nobody: it is a signal for machines.
    None,
    /// Somebody, in working hours.
    Ticket,
    /// Somebody, now.
    Page,
}

impl Severity {
    /// `page`, `ticket` or `none`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ticket => "ticket",
            Self::Page => "page",
        }
    }
}

/// When a value is bad. What is not a number never is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// Above this.
    Above(f64),
    /// Below this.
    Below(f64),
}

impl Threshold {
    /// Whether a value is bad.
    pub fn is_crossed_by(self, value: f64) -> bool {
        let (comparison, with) = self.comparison();
        comparison.holds(value, with)
    }

    fn comparison(self) -> (Comparison, f64) {
        match self {
            Self::Above(value) => (Comparison::Above, value),
            Self::Below(value) => (Comparison::Below, value),
        }
    }
}

/// What a rule's value counts, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Of a hundred.
    Percent,
    /// Seconds.
    Seconds,
    /// Orders.
    Orders,
    /// Events in a second.
    PerSecond,
    /// So many times what is allowed.
    Times,
    /// Yes (1) or no (0).
    Flag,
}

impl Unit {
    /// What is written after the number, with its space; nothing for a flag.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Percent => " %",
            Self::Seconds => " s",
            Self::Orders => " orders",
            Self::PerSecond => "/s",
            Self::Times => " ×",
            Self::Flag => "",
        }
    }
}

/// Which engines can evaluate a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engines {
    /// Prometheus, Grafana and our own evaluator.
    All,
    /// Only those that look at the service from outside: who is down cannot say so.
    Outside,
}

/// A recording rule: a value that dashboards ask for so often that Prometheus keeps it as a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The name of the series.
    pub name: &'static str,
    /// Its value.
    pub value: Expr,
}

use std::collections::BTreeMap;
use std::fmt;

use alerting::Severity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

/// What people are told. It waits in an outbox as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// Whether something is wrong, or over.
    pub status: Status,
    /// What belongs together, and is one thread in a mailbox: Grafana's `groupKey`, as `factory`.
    pub group: String,
    /// What is read on a lock screen. It says by itself whether something broke or is over; 120 characters are shown.
    pub title: String,
    /// Plain text in short lines, for a phone; 4,000 characters are shown.
    pub message: String,
    /// Whom it wakes.
    pub severity: Severity,
    /// The alerts it is about, at least one; 100 are shown.
    pub alerts: Vec<Alert>,
    /// What can be done about it, and where more is to be seen.
    #[serde(default)]
    pub links: Links,
}

/// Whether something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Something is wrong.
    Firing,
    /// It is over.
    Resolved,
    /// Nothing is wrong: somebody tries whether messages arrive. Machines are told that it fires.
    Test,
}

/// One alert of a notification: one rule, for one set of labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Whether it still fires; a group that fires may have members that do not.
    pub status: Status,
    /// What identifies it: `alertname`, and whatever the rule's value is labelled with.
    pub labels: BTreeMap<String, String>,
    /// What is said about it: `summary`, `description` and the like.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// Since when.
    pub starts_at: Timestamp,
    /// Until when, if it is over.
    #[serde(default)]
    pub ends_at: Option<Timestamp>,
    /// The rule's value at the last evaluation.
    #[serde(default)]
    pub value: Option<f64>,
    /// The same for the same labels, always.
    pub fingerprint: String,
    /// Where the rule is to be seen.
    #[serde(default)]
    pub generator_url: Option<Url>,
    /// Where its dashboard is, if it has one of its own.
    #[serde(default)]
    pub dashboard_url: Option<Url>,
}

/// Where a reader can go from a notification.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Links {
    /// Ends what broke us.
    pub fix: Option<Url>,
    /// Says that somebody is on it.
    pub acknowledge: Option<Url>,
    /// What to do.
    pub runbook: Option<Url>,
    /// What it looks like.
    pub dashboard: Option<Url>,
    /// The whole story.
    pub incident: Option<Url>,
    /// The service that sends this.
    pub service: Option<Url>,
}

impl Links {
    /// The links there are that a person may want, in the order of their use in an emergency.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, &Url)> {
        [
            ("Fix", &self.fix),
            ("Acknowledge", &self.acknowledge),
            ("Runbook", &self.runbook),
            ("Incident", &self.incident),
            ("Dashboard", &self.dashboard),
        ]
        .into_iter()
        .filter_map(|(name, url)| Some((name, url.as_ref()?)))
    }

    /// The same as annotations of an alert, under the names that receivers know.
    pub(crate) fn annotations(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.named().map(|(name, url)| {
            let key = match name {
                "Fix" => "fix_url",
                "Acknowledge" => "acknowledge_url",
                "Runbook" => "runbook_url",
                "Incident" => "incident_url",
                _ => "dashboard_url",
            };
            (key, url.to_string())
        })
    }
}

/// Names the links that are there: who has the one that acknowledges, or the one that fixes, can do it.
impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.named().map(|(name, _)| name)).finish()
    }
}

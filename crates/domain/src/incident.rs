//! What an incident is: something that a person was, or would have been, woken for, from its first sign to its end.

use crate::IncidentId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident: $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word for it, in the database, in JSON and in logs.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word).ok_or(UnknownWord($what))
            }
        }
    };
}

/// A word that is none of the known ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a known {0}")]
pub struct UnknownWord(&'static str);

words! {
    /// What is broken. There is at most one open incident of each cause, however many instances see it.
    Cause: "cause of an incident" {
        /// The factory makes no pizzas.
        Factory = "factory",
        /// Orders are not accepted.
        Intake = "intake",
        /// Orders are accepted, the factory is well, and nobody works on them.
        Worker = "worker",
        /// Orders wait too long, for whatever reason.
        Backlog = "backlog",
    }
}

words! {
    /// What kind of thing happened in the course of an incident.
    IncidentEventKind: "kind of event" {
        /// The first call to the factory that failed.
        FirstFailure = "first_failure",
        /// The last call to the factory that failed.
        LastFailure = "last_failure",
        /// A metric moved: the success rate fell or rose.
        Metric = "metric",
        /// An alert's value turned bad.
        AlertPending = "alert_pending",
        /// It has been bad for long enough: people are told.
        AlertAlerting = "alert_alerting",
        /// The value is good again, not yet for long enough.
        AlertRecovering = "alert_recovering",
        /// An alert is over.
        AlertNormal = "alert_normal",
        /// The circuit opened: calls to the factory stop.
        CircuitOpened = "circuit_opened",
        /// The circuit lets probes through.
        CircuitProbing = "circuit_probing",
        /// The circuit closed: calls go on.
        CircuitClosed = "circuit_closed",
        /// Somebody took the circuit over by hand, or gave it back.
        CircuitForced = "circuit_forced",
        /// Somebody was told.
        Notified = "notified",
        /// Somebody should have been told, and could not be.
        NotNotified = "not_notified",
        /// Somebody took it on.
        Acknowledgement = "acknowledgement",
        /// The factory's answers carry a link that ends its chaos.
        ReportLink = "report_link",
        /// It happened within a planned chaos window.
        ChaosWindow = "chaos_window",
        /// Somebody did something about it: ended the chaos, forced the circuit, paused the queue.
        Act = "act",
        /// The factory makes pizzas again.
        Recovery = "recovery",
        /// No order waits any more.
        Drained = "drained",
        /// It is over.
        Closed = "closed",
    }
}

/// An incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its identity.
    pub id: IncidentId,
    /// What is broken.
    pub cause: Cause,
    /// The first sign: the first failed call, or when the alert's value turned bad.
    pub began_at: Timestamp,
    /// When a paging rule went Pending.
    pub opened_at: Timestamp,
    /// Who took it on, and when.
    pub acknowledged: Option<Acknowledgement>,
    /// When the rule was Normal again and no order waited any more.
    pub closed_at: Option<Timestamp>,
}

/// Somebody has taken an incident on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Who, as people call them.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// One line of an incident's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentEvent {
    /// When.
    pub at: Timestamp,
    /// Its name within the incident: the same event told twice, by one instance or by several, is one.
    /// Of an alert it is `alert:` and the rule's id, `:` and what else makes it unique.
    pub key: String,
    /// What kind of thing happened.
    pub kind: IncidentEventKind,
    /// What happened, in a sentence or two. Never a secret.
    pub text: String,
}

/// What one instance of the service counted in the course of an incident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallTally {
    /// Calls that brought a pizza.
    pub success: u64,
    /// Calls that the factory answered with an error.
    pub failure: u64,
    /// Calls that were not answered in time.
    pub timeout: u64,
    /// Calls that reached nobody.
    pub connect_error: u64,
    /// Calls that brought something that is no pizza.
    pub bad_jwt: u64,
    /// Calls in which the factory refused the order itself.
    pub rejected: u64,
    /// Calls that the open circuit saved.
    pub short_circuited: u64,
    /// Orders that were taken in.
    pub accepted: u64,
    /// Requests to order that ended with an error of ours (5xx).
    pub errors: u64,
}

impl CallTally {
    /// Calls to the factory.
    pub fn calls(&self) -> u64 {
        self.success + self.failed() + self.rejected
    }

    /// Calls to the factory that count as failures.
    pub fn failed(&self) -> u64 {
        self.failure + self.timeout + self.connect_error + self.bad_jwt
    }

    /// What several instances counted.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.zip(other, u64::saturating_add)
    }

    /// What was counted since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        self.zip(before, u64::saturating_sub)
    }

    fn zip(self, other: Self, of: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            success: of(self.success, other.success),
            failure: of(self.failure, other.failure),
            timeout: of(self.timeout, other.timeout),
            connect_error: of(self.connect_error, other.connect_error),
            bad_jwt: of(self.bad_jwt, other.bad_jwt),
            rejected: of(self.rejected, other.rejected),
            short_circuited: of(self.short_circuited, other.short_circuited),
            accepted: of(self.accepted, other.accepted),
            errors: of(self.errors, other.errors),
        }
    }
}

/// What became of the orders of a span of time, counted from the orders themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderTally {
    /// Orders that were acknowledged.
    pub placed: u64,
    /// Made within a diner's wait.
    pub fulfilled_at_once: u64,
    /// Made later than that.
    pub fulfilled_later: u64,
    /// Not made yet: queued or being made.
    pub waiting: u64,
    /// Waiting for a person.
    pub quarantined: u64,
    /// Refused by the factory for good.
    pub rejected: u64,
    /// Withdrawn.
    pub cancelled: u64,
    /// Acknowledged and in none of these states, or called fulfilled without a pizza. Must be 0.
    pub lost: u64,
    /// The longest time from an order to its pizza, in seconds.
    pub longest_seconds: u64,
}

impl OrderTally {
    /// Orders whose diners noticed.
    pub fn affected(&self) -> u64 {
        self.placed.saturating_sub(self.fulfilled_at_once)
    }
}

impl IncidentEvent {
    /// The id of the alert rule that it is about, if it is about one.
    pub fn rule(&self) -> Option<&str> {
        self.key.strip_prefix("alert:").map(|rest| rest.split(':').next().unwrap_or(rest))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_an_alert_names_its_rule() {
        let (at, kind, text) = (Timestamp::UNIX_EPOCH, IncidentEventKind::AlertPending, String::new());
        let mut event = IncidentEvent { at, key: "alert:latency:a:1".to_owned(), kind, text };
        assert_eq!(event.rule(), Some("latency"));
        event.key = "circuit:a:1".to_owned();
        assert_eq!(event.rule(), None);
    }

    #[test]
    fn words_are_read_back() {
        for cause in Cause::ALL {
            assert_eq!(cause.as_str().parse::<Cause>().unwrap(), *cause);
        }
        for kind in IncidentEventKind::ALL {
            assert_eq!(kind.as_str().parse::<IncidentEventKind>().unwrap(), *kind);
        }
        assert_eq!("fire".parse::<Cause>().unwrap_err().to_string(), "not a known cause of an incident");
    }

    #[test]
    fn tallies_add_up_and_never_below_nothing() {
        let one = CallTally { success: 3, failure: 2, rejected: 1, ..CallTally::default() };
        let two = CallTally { timeout: 4, short_circuited: 9, ..CallTally::default() };
        let sum = one.plus(two);
        assert_eq!((sum.calls(), sum.failed(), sum.short_circuited), (10, 6, 9));
        assert_eq!(sum.since(two), one);
        assert_eq!(one.since(sum).calls(), 0);
    }

    #[test]
    fn every_kind_of_failure_counts_as_one() {
        let tally = CallTally {
            success: 1,
            failure: 20,
            timeout: 300,
            connect_error: 4_000,
            bad_jwt: 50_000,
            rejected: 600_000,
            ..CallTally::default()
        };
        assert_eq!((tally.failed(), tally.calls()), (54_320, 654_321));
    }

    #[test]
    fn whoever_waited_was_affected() {
        let tally =
            OrderTally { placed: 9, fulfilled_at_once: 4, fulfilled_later: 3, ..OrderTally::default() };
        assert_eq!(tally.affected(), 5);
        assert_eq!(OrderTally { placed: 3, ..tally }.affected(), 0, "counted one after the other");
    }
}

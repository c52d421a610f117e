//! How operations read: words, and how alarming they look.

use crate::fulfilment::Kitchen;
use alerting::State as AlertState;
use domain::{Cause, Incident};
use jiff::{SignedDuration, Timestamp};
use resilience::{Mode, Snapshot, State};
use std::time::{Duration, Instant};

/// The circuit, for people.
pub struct CircuitNow {
    /// Its state in a word.
    pub word: &'static str,
    /// `good`, `waiting` or `busy`.
    pub class: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Since when.
    pub since: Timestamp,
    /// When the factory will be tried again.
    pub reopen: Option<Timestamp>,
}

impl CircuitNow {
    /// As it stands on this instance.
    pub fn of(kitchen: &Kitchen) -> Self {
        let circuit = kitchen.circuit();
        let (word, class, meaning) = words(&circuit);
        let reopen = circuit.reopen_at.map(|at| from_now(at.saturating_duration_since(Instant::now())));
        Self { word, class, meaning, since: ago(circuit.since), reopen }
    }
}

fn words(circuit: &Snapshot) -> (&'static str, &'static str, &'static str) {
    match (circuit.mode, circuit.state) {
        (Mode::ForcedOpen, _) => ("forced open", "busy", "No call goes to the factory, by hand."),
        (Mode::ForcedClosed, _) => ("forced closed", "waiting", "Every call goes to the factory, by hand."),
        (_, State::Closed) if circuit.degraded => {
            ("closed, slow", "waiting", "The factory is slow: new orders are queued, calls go on.")
        }
        (_, State::Closed) => ("closed", "good", "Calls go to the factory."),
        (_, State::HalfOpen) => ("half-open", "waiting", "A few orders try whether the factory is back."),
        (_, State::Open) => ("open", "busy", "The factory is left alone. Orders are queued, none is lost."),
    }
}

/// A moment of the monotonic clock, as people know it.
fn ago(then: Instant) -> Timestamp {
    let age = SignedDuration::try_from(then.elapsed()).unwrap_or_default();
    let then = Timestamp::now().saturating_sub(age).unwrap_or(Timestamp::MIN);
    then.round(jiff::Unit::Second).unwrap_or(then)
}

fn from_now(wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or_default();
    let then = Timestamp::now().saturating_add(wait).unwrap_or(Timestamp::MAX);
    then.round(jiff::Unit::Second).unwrap_or(then)
}

/// How long ago, exactly enough: `45 s`, `12 min`, `3 h 5 min`, `2 d`.
pub fn age(since: &Timestamp) -> String {
    span(Timestamp::now().duration_since(*since))
}

/// How long.
pub fn span(length: SignedDuration) -> String {
    match length.as_secs().max(0) {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7_199 => format!("{} min", seconds / 60),
        seconds @ 7_200..=172_799 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// What is broken, in a sentence.
pub fn cause(cause: &Cause) -> &'static str {
    match cause {
        Cause::Factory => "The factory makes no pizzas",
        Cause::Intake => "Orders are not accepted",
        Cause::Worker => "Nobody works on the orders",
        Cause::Backlog => "Orders wait too long",
    }
}

/// Where the runbook tells what to do about it.
pub fn runbook(cause: &Cause) -> &'static str {
    match cause {
        Cause::Factory => "/runbook#factory-success-rate",
        Cause::Intake => "/runbook#order-intake-failing",
        Cause::Worker => "/runbook#worker-stuck",
        Cause::Backlog => "/runbook#order-queue-old",
    }
}

/// How long an incident took, or takes so far.
pub fn length(incident: &Incident) -> String {
    span(incident.closed_at.unwrap_or_else(Timestamp::now).duration_since(incident.began_at))
}

/// How an alert's state looks.
pub fn class_of(state: &AlertState) -> &'static str {
    match state {
        AlertState::Normal => "good",
        AlertState::Pending | AlertState::Recovering => "waiting",
        AlertState::Alerting => "busy",
    }
}

/// The same, of a state in the history.
pub fn class_of_word(state: &str) -> &'static str {
    let known = AlertState::ALL.iter().find(|known| known.as_str() == state);
    known.map_or("", class_of)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_as_exactly_as_anybody_wants_to_know() {
        for (seconds, said) in [
            (-3, "0 s"),
            (59, "59 s"),
            (119, "119 s"),
            (720, "12 min"),
            (11_100, "3 h 5 min"),
            (190_000, "2 d"),
        ] {
            assert_eq!(span(SignedDuration::from_secs(seconds)), said);
        }
    }

    #[test]
    fn every_cause_has_its_place_in_the_runbook() {
        let text = include_str!("../../../../../../docs/runbook.md");
        for cause in Cause::ALL {
            let (_, anchor) = runbook(cause).split_once('#').unwrap();
            assert!(text.contains(&format!("<a id=\"{anchor}\"></a>")), "{anchor}");
        }
    }
}

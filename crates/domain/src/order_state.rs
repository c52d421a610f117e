//! The life of an order: every legal step, in one function. Drawn in docs/order-states.md.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderState {
    /// Saved; waits for the factory.
    Queued,
    /// Claimed by one instance, which is calling the factory.
    Making,
    /// Has its verified pizza. Final.
    Fulfilled,
    /// The factory refused this very order for good. Final.
    Rejected,
    /// Withdrawn before it was made. Final.
    Cancelled,
    /// Kept failing while others succeeded; waits for a person.
    Quarantined,
}

/// What can happen to an order after it was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderEvent {
    /// An instance took it to make it.
    Claimed,
    /// The factory's answer was verified: it is this order's pizza.
    PizzaVerified,
    /// The factory refuses this order for good.
    RefusedForGood,
    /// It did not work out this time, or the instance gives it back unmade.
    RetryLater,
    /// The instance that claimed it was not heard of before its lease ran out.
    LeaseExpired,
    /// It kept failing while other orders succeeded.
    KeptFailing,
    /// Its owner, or an admin, withdrew it.
    Cancelled,
    /// A person sends it to the kitchen again.
    Redriven,
}

/// A step that no order may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an order that is {from} cannot be {event:?}")]
pub struct IllegalTransition {
    /// Where the order stood.
    pub from: OrderState,
    /// What should have happened to it.
    pub event: OrderEvent,
}

impl OrderState {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Making, Self::Fulfilled, Self::Rejected, Self::Cancelled, Self::Quarantined];

    /// Where an order stands after an event: the one place that knows the legal steps.
    pub fn after(self, event: OrderEvent) -> Result<Self, IllegalTransition> {
        use {OrderEvent as E, OrderState as S};
        match (self, event) {
            (S::Queued, E::Claimed) => Ok(S::Making),
            (S::Making, E::PizzaVerified) => Ok(S::Fulfilled),
            (S::Making, E::RefusedForGood) => Ok(S::Rejected),
            (S::Making, E::RetryLater | E::LeaseExpired) => Ok(S::Queued),
            (S::Making, E::KeptFailing) => Ok(S::Quarantined),
            (S::Queued | S::Quarantined, E::Cancelled) => Ok(S::Cancelled),
            (S::Quarantined, E::Redriven) => Ok(S::Queued),
            (from, event) => Err(IllegalTransition { from, event }),
        }
    }

    /// Whether nothing can happen to the order any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Fulfilled | Self::Rejected | Self::Cancelled)
    }

    /// What a diner is told. An order in quarantine is still an order that we have and will make.
    pub fn shown_to_diner(self) -> Self {
        match self {
            Self::Quarantined => Self::Queued,
            shown => shown,
        }
    }

    /// The word for it, the same in the API, the database, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Making => "making",
            Self::Fulfilled => "fulfilled",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Quarantined => "quarantined",
        }
    }
}

impl fmt::Display for OrderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for OrderState {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| format!("{word:?} is not a state of an order"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [OrderEvent; 8] = [
        OrderEvent::Claimed,
        OrderEvent::PizzaVerified,
        OrderEvent::RefusedForGood,
        OrderEvent::RetryLater,
        OrderEvent::LeaseExpired,
        OrderEvent::KeptFailing,
        OrderEvent::Cancelled,
        OrderEvent::Redriven,
    ];

    #[test]
    fn the_drawing_shows_exactly_the_legal_steps() {
        let drawing = include_str!("../../../docs/order-states.md");
        for from in OrderState::ALL {
            for event in EVENTS {
                let row = |to: OrderState| format!("| {from} | {event:?} | {to} |");
                match from.after(event) {
                    Ok(to) => assert!(drawing.contains(&row(to)), "missing: {}", row(to)),
                    Err(_) => {
                        let start = format!("| {from} | {event:?} |");
                        assert!(!drawing.contains(&start), "drawn but illegal: {start}");
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_happens_after_a_final_state() {
        for state in OrderState::ALL.into_iter().filter(|s| s.is_final()) {
            for event in EVENTS {
                assert_eq!(state.after(event), Err(IllegalTransition { from: state, event }));
            }
        }
    }

    #[test]
    fn every_state_that_is_not_final_can_still_reach_a_pizza() {
        for start in OrderState::ALL.into_iter().filter(|s| !s.is_final()) {
            let mut reached = vec![start];
            let mut seen = 0;
            while let Some(&state) = reached.get(seen) {
                seen += 1;
                for next in EVENTS.into_iter().filter_map(|event| state.after(event).ok()) {
                    if !reached.contains(&next) {
                        reached.push(next);
                    }
                }
            }
            assert!(reached.contains(&OrderState::Fulfilled), "{start} is a dead end");
        }
    }

    #[test]
    fn words_round_trip() {
        for state in OrderState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert!("baked".parse::<OrderState>().is_err());
    }
}

//! The factory's trouble: how the failing spell that goes on began, and how the last one ended. An incident's report
//! tells of nothing else first.

use super::Kitchen;
use domain::{CallTally, OrderId};
use jiff::{SignedDuration, Timestamp};
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// A failure so long after the last one begins a spell of its own, if the factory made pizzas meanwhile.
const QUIET: SignedDuration = SignedDuration::from_secs(60);

/// A call to the factory that failed. Safe to show: it holds neither key nor link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCall {
    /// When it had failed.
    pub at: Timestamp,
    /// The order that it was made for.
    pub order: OrderId,
    /// What kind of failure, as in the log.
    pub kind: String,
    /// The HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// The factory's body, or what the transport said.
    pub body: String,
}

impl FailedCall {
    /// What the factory said, in its own words if its body has any: an error's `message`.
    pub fn said(&self) -> String {
        let body = serde_json::from_str::<serde_json::Value>(&self.body).ok();
        let message = body.as_ref().and_then(|body| body.get("message")).and_then(|message| message.as_str());
        message.unwrap_or(&self.body).to_owned()
    }
}

/// A time in which calls failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spell {
    /// The first failed call.
    pub first: FailedCall,
    /// The last one so far.
    pub last: FailedCall,
    /// What had been counted before it.
    pub before: CallTally,
    /// When a pizza was made again after the last failure.
    pub recovered_at: Option<Timestamp>,
}

#[derive(Default)]
pub(super) struct Trouble {
    /// Spares a success, of which there are many, the lock.
    failing: AtomicBool,
    spell: Mutex<Option<Spell>>,
}

impl Trouble {
    pub(super) fn failed(&self, call: FailedCall, tally: impl FnOnce() -> CallTally) {
        let mut spell = self.spell.lock().unwrap_or_else(PoisonError::into_inner);
        match spell.as_mut().filter(|spell| !spell.is_over(call.at)) {
            Some(spell) => {
                spell.last = call;
                spell.recovered_at = None;
            }
            None => {
                *spell = Some(Spell { first: call.clone(), last: call, before: tally(), recovered_at: None });
            }
        }
        self.failing.store(true, Ordering::Relaxed);
    }

    pub(super) fn succeeded(&self) {
        if self.failing.swap(false, Ordering::Relaxed)
            && let Some(spell) = self.spell.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
        {
            spell.recovered_at = Some(Timestamp::now());
        }
    }
}

impl Spell {
    fn is_over(&self, at: Timestamp) -> bool {
        self.recovered_at.is_some() && at.duration_since(self.last.at) > QUIET
    }
}

impl Kitchen {
    /// The failing spell that goes on, or the last one, as this instance has seen it.
    pub fn trouble(&self) -> Option<Spell> {
        self.trouble.spell.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn call(second: i64) -> FailedCall {
        let at = Timestamp::from_second(1_764_670_200 + second).unwrap();
        FailedCall { at, order: OrderId(second), kind: "status".into(), status: Some(500), body: "no".into() }
    }

    #[test]
    fn the_factory_is_quoted_by_its_message_if_it_has_one() {
        let said = |body: &str| FailedCall { body: body.to_owned(), ..call(0) }.said();
        assert_eq!(said(r#"{"message":"chaos monkey","status":500}"#), "chaos monkey");
        assert_eq!(said(r#"{"status":500}"#), r#"{"status":500}"#);
        assert_eq!(said("Bad Gateway"), "Bad Gateway");
    }

    fn spell(trouble: &Trouble) -> Spell {
        trouble.spell.lock().unwrap().clone().unwrap()
    }

    #[test]
    fn a_spell_knows_its_first_and_its_last_failure_and_what_was_counted_before() {
        let trouble = Trouble::default();
        trouble.succeeded();
        assert!(trouble.spell.lock().unwrap().is_none());
        trouble.failed(call(0), || CallTally { success: 7, ..CallTally::default() });
        trouble.failed(call(300), || unreachable!("it is counted once"));
        let goes_on = spell(&trouble);
        assert_eq!((goes_on.first.order, goes_on.last.order), (OrderId(0), OrderId(300)));
        assert_eq!((goes_on.before.success, goes_on.recovered_at), (7, None));
    }

    #[test]
    fn a_blip_after_the_recovery_belongs_to_the_spell_and_a_later_failure_does_not() {
        let trouble = Trouble::default();
        trouble.failed(call(0), CallTally::default);
        trouble.succeeded();
        assert!(spell(&trouble).recovered_at.is_some());
        trouble.failed(call(59), CallTally::default);
        assert_eq!((spell(&trouble).first.order, spell(&trouble).recovered_at), (OrderId(0), None));
        trouble.succeeded();
        trouble.failed(call(120), CallTally::default);
        assert_eq!(spell(&trouble).first.order, OrderId(120));
    }
}

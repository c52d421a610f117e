//! Rules that are not evaluated for a while. A pause always ends by itself: forgotten ones have hidden outages.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest pause: whoever needs more has to say so again every day.
pub const MAX_PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// A rule that is paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The rule's id.
    pub rule: String,
    /// When it is evaluated again.
    pub until: Timestamp,
}

/// Why a rule cannot be paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PauseError {
    /// There is no rule of that name.
    #[error("there is no such alert rule")]
    NoSuchRule,
    /// The pause would be over before it began.
    #[error("a pause must end in the future")]
    NotInFuture,
    /// The pause would be longer than [`MAX_PAUSE`].
    #[error("a pause lasts {} hours at most", MAX_PAUSE.as_hours())]
    TooLong,
}

/// The rules that are paused, by id, and until when.
#[derive(Clone, Debug, Default)]
pub(super) struct Pauses(BTreeMap<&'static str, Timestamp>);

impl Pauses {
    pub(super) fn begin(
        &mut self,
        rule: &'static str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(), PauseError> {
        let length = until.duration_since(now);
        if !length.is_positive() {
            return Err(PauseError::NotInFuture);
        }
        if length > MAX_PAUSE {
            return Err(PauseError::TooLong);
        }
        self.0.insert(rule, until);
        Ok(())
    }

    /// Ends the pauses whose time has come, and those that a clock set back would make too long.
    pub(super) fn end(&mut self, now: Timestamp) -> Vec<&'static str> {
        let over = |until: Timestamp| until <= now || until.duration_since(now) > MAX_PAUSE;
        let ended: Vec<_> = self.0.iter().filter(|(_, until)| over(**until)).map(|(rule, _)| *rule).collect();
        self.0.retain(|rule, _| !ended.contains(rule));
        ended
    }

    pub(super) fn take(&mut self, rule: &str) -> bool {
        self.0.remove(rule).is_some()
    }

    pub(super) fn holds(&self, rule: &str) -> bool {
        self.0.contains_key(rule)
    }

    pub(super) fn until(&self, rule: &str) -> Option<Timestamp> {
        self.0.get(rule).copied()
    }

    pub(super) fn list(&self) -> Vec<Pause> {
        let pause =
            |(rule, until): (&&'static str, &Timestamp)| Pause { rule: (*rule).to_owned(), until: *until };
        self.0.iter().map(pause).collect()
    }
}

//! A planned chaos window: a span of time in which the factory is expected to misbehave, so that whoever is woken
//! knows why.

use crate::{ChaosWindowId, UserId};
use jiff::Timestamp;

/// The longest window.
pub const LONGEST_CHAOS_WINDOW: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);
/// The longest word for what is planned, in characters.
pub const MAX_CHAOS_KIND: usize = 40;
/// The longest reason, in characters.
pub const MAX_CHAOS_REASON: usize = 500;

/// A chaos window to plan, or one of the past to write down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChaosWindow {
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub to: Timestamp,
    /// What is done to the factory: `fail`, `throttle`, or a word of one's own.
    pub kind: String,
    /// Why.
    pub reason: String,
    /// Whether alerts within it wake nobody: they become tickets.
    pub lowers_severity: bool,
    /// Who planned it; `None` for somebody at the machine itself.
    pub planned_by: Option<UserId>,
}

/// Why a window cannot be planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChaosWindowError {
    /// It ends before it begins.
    #[error("a chaos window must end after it begins")]
    Backwards,
    /// It is longer than [`LONGEST_CHAOS_WINDOW`].
    #[error("a chaos window lasts {} days at most", LONGEST_CHAOS_WINDOW.as_hours() / 24)]
    TooLong,
    /// There is no word for what is planned, or too long a one.
    #[error("the kind of chaos must be 1 to {MAX_CHAOS_KIND} characters")]
    Kind,
    /// The reason is too long.
    #[error("the reason must be at most {MAX_CHAOS_REASON} characters")]
    Reason,
}

impl NewChaosWindow {
    /// Checks its bounds.
    ///
    /// # Errors
    /// The first bound that it breaks.
    pub fn checked(self) -> Result<Self, ChaosWindowError> {
        let length = self.to.duration_since(self.from);
        if !length.is_positive() {
            Err(ChaosWindowError::Backwards)
        } else if length > LONGEST_CHAOS_WINDOW {
            Err(ChaosWindowError::TooLong)
        } else if !(1..=MAX_CHAOS_KIND).contains(&self.kind.trim().chars().count()) {
            Err(ChaosWindowError::Kind)
        } else if self.reason.chars().count() > MAX_CHAOS_REASON {
            Err(ChaosWindowError::Reason)
        } else {
            Ok(self)
        }
    }
}

/// A planned chaos window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChaosWindow {
    /// Its identity.
    pub id: ChaosWindowId,
    /// What is planned.
    pub plan: NewChaosWindow,
}

impl ChaosWindow {
    /// Whether it is going on.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.plan.from <= at && at < self.plan.to
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn window(from: &str, to: &str, kind: &str) -> Result<NewChaosWindow, ChaosWindowError> {
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        let (kind, reason) = (kind.to_owned(), "a drill".to_owned());
        NewChaosWindow { from, to, kind, reason, lowers_severity: false, planned_by: None }.checked()
    }

    #[test]
    fn a_window_has_a_beginning_an_end_and_bounds() {
        let at = |clock| format!("2025-12-02T{clock}Z");
        let good = window(&at("10:10:00"), &at("10:22:00"), "fail").unwrap();
        let held = ChaosWindow { id: ChaosWindowId(1), plan: good };
        assert!(held.holds(at("10:10:00").parse().unwrap()) && !held.holds(at("10:22:00").parse().unwrap()));
        let bad = |from: &str, to: &str, kind: &str| window(from, to, kind).unwrap_err();
        assert_eq!(bad(&at("10:10:00"), &at("10:10:00"), "fail"), ChaosWindowError::Backwards);
        assert_eq!(bad(&at("10:10:00"), "2025-12-20T00:00:00Z", "fail"), ChaosWindowError::TooLong);
        assert_eq!(bad(&at("10:10:00"), &at("10:22:00"), "  "), ChaosWindowError::Kind);
    }

    #[test]
    fn a_window_lasts_a_week_at_most_and_its_words_are_short() {
        assert!(window("2025-12-02T10:10:00Z", "2025-12-09T10:10:00Z", "fail").is_ok());
        let too_long = window("2025-12-02T10:10:00Z", "2025-12-09T10:10:01Z", "fail").unwrap_err();
        assert_eq!(too_long.to_string(), "a chaos window lasts 7 days at most");
        let plan = window("2025-12-02T10:10:00Z", "2025-12-02T10:22:00Z", "fail").unwrap();
        let because = |chars| NewChaosWindow { reason: "ü".repeat(chars), ..plan.clone() }.checked();
        assert!(because(0).is_ok() && because(MAX_CHAOS_REASON).is_ok());
        assert_eq!(because(MAX_CHAOS_REASON + 1), Err(ChaosWindowError::Reason));
        assert_eq!(because(MAX_CHAOS_REASON * 2), Err(ChaosWindowError::Reason));
        let called = |chars| NewChaosWindow { kind: "ü".repeat(chars), ..plan.clone() }.checked();
        assert!(called(1).is_ok() && called(MAX_CHAOS_KIND).is_ok());
        assert_eq!(called(MAX_CHAOS_KIND + 1), Err(ChaosWindowError::Kind));
    }
}

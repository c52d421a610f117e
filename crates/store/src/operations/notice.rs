//! Notices on their way to people: an outbox, so that a restart loses none and no instance sends one twice.

use crate::Token;
use jiff::Timestamp;
use std::time::Duration;

/// A notice to put on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    /// Its name, at most 1,024 bytes: the same notice told twice, by one instance or by several, is sent once.
    pub key: String,
    /// To whom, at most 255 characters.
    pub contact_point: String,
    /// What, as JSON, for whoever delivers it.
    pub payload: String,
}

/// A notice in the caller's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedNotice {
    /// Its identity.
    pub id: i64,
    /// The claim on it.
    pub token: Token,
    /// The notice.
    pub notice: NewNotice,
    /// Attempts so far, with the one this claim counted.
    pub attempts: u32,
    /// When it was put on its way, by the database's clock.
    pub queued_at: Timestamp,
}

/// How delivering a notice went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeOutcome {
    /// It is delivered.
    Sent,
    /// Not this time; it is due again.
    RetryIn {
        /// From now.
        due_in: Duration,
        /// Why.
        why: String,
    },
    /// It never will be.
    GivenUp {
        /// Why.
        why: String,
    },
}

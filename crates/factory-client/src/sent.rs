use std::fmt;
use std::time::Duration;

use factory_api::ReportLink;

/// What became of one attempt.
#[derive(Clone, PartialEq, Eq)]
pub enum Sent {
    /// The factory answered with a token. Not yet a pizza: [`crate::FactoryClient::verify`] decides.
    Made {
        /// The token.
        jwt: String,
        /// Where to end the chaos that touched this order, if any did.
        report_link: Option<ReportLink>,
    },
    /// 400, 413 or 422: the factory will never make this order. Says nothing about its health.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The factory's words, at most 1 KiB, redacted.
        message: String,
    },
    /// 409: another attempt under the same idempotency key is under way; ask again later.
    InProgress {
        /// How long the factory asks to wait, at most 60 s.
        retry_after: Option<Duration>,
    },
    /// No pizza, and not because of this order.
    Failed(Failure),
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Made { report_link, .. } => {
                f.debug_struct("Made").field("jwt", &"[redacted]").field("report_link", report_link).finish()
            }
            Self::Refused { status, message } => {
                f.debug_struct("Refused").field("status", status).field("message", message).finish()
            }
            Self::InProgress { retry_after } => {
                f.debug_struct("InProgress").field("retry_after", retry_after).finish()
            }
            Self::Failed(failure) => f.debug_tuple("Failed").field(failure).finish(),
        }
    }
}

/// A failed attempt. Safe to log: the message holds neither key nor link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// The HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// The factory's body or the transport's error, at most 1 KiB, redacted.
    pub message: String,
    /// How long the factory asks to wait, at most 60 s.
    pub retry_after: Option<Duration>,
    /// Where to end the chaos behind the failure, if the factory said so.
    pub report_link: Option<ReportLink>,
}

/// The kinds of failure, as metrics label them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// No connection (refused, DNS, TLS, connect timeout): nothing was sent.
    Connect,
    /// No answer in time: the pizza may have been made.
    Timeout,
    /// A 5xx, or a 4xx that says we call the wrong thing.
    Status,
    /// 429.
    RateLimited,
    /// A 2xx without a token.
    BadPizza,
    /// 401 or 403: our key, not the order.
    Unauthorized,
    /// The connection broke, or the answer was too large, before it was read: the pizza may have been made.
    Unreadable,
}

impl FailureKind {
    /// The kind as a metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Status => "status",
            Self::RateLimited => "rate_limited",
            Self::BadPizza => "bad_pizza",
            Self::Unauthorized => "unauthorized",
            Self::Unreadable => "unreadable",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

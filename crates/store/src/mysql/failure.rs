//! Why something did not work, sorted by what to do next.

use mysql_async::{DriverError, Error, ServerError};

/// Why a statement or a transaction failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Another transaction was faster, and this one was rolled back: it may be run again.
    #[error("another transaction was in the way")]
    Conflict(#[source] Error),
    /// A row with this key exists: whoever wrote it was faster. Looked at again, it is seen.
    #[error("a row with the same key exists")]
    Duplicate(#[source] Error),
    /// What this transaction wrote is not there any more: a Galera node rolled it back and has not said so yet. It may
    /// be run again.
    #[error("{0}: the transaction was rolled back")]
    Vanished(String),
    /// The connection is gone, or the server does not take part at the moment: another one may.
    #[error("the connection to the database was lost")]
    Lost(#[source] Error),
    /// No answer in time. The connection is given up.
    #[error("the database did not answer within the statement time-out")]
    NoAnswer,
    /// No address could be connected to, or no connection was free.
    #[error("{0}")]
    Unreachable(String),
    /// A server answers, but not us: the account, its password or the database's name is wrong.
    #[error("{0}")]
    NotLetIn(String),
    /// Asking again would give the same.
    #[error("the database refused a statement")]
    Refused(#[source] Error),
    /// A row holds what this program cannot read.
    #[error("{0}")]
    Unreadable(String),
    /// What was to be written does not fit into the historic columns.
    #[error("{0}")]
    DoesNotFit(String),
}

impl Failure {
    /// Whether the connection must not be used any more.
    pub(super) fn breaks_the_connection(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::NoAnswer)
    }

    /// Whether it says nothing about what was asked: the database could not be asked at all.
    pub(super) fn is_the_databases(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::NoAnswer | Self::Unreachable(_) | Self::NotLetIn(_))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match &error {
            Error::Server(ServerError { code, .. }) => match code {
                // Deadlock, lock wait, interrupted (a Galera node aborts like this), error at COMMIT, changed since
                // it was read, prepared for another version of a table; a foreign key whose row came or went meanwhile.
                1213 | 1205 | 1317 | 1180 | 1020 | 1615 | 1451 | 1452 => Self::Conflict(error),
                1062 => Self::Duplicate(error),
                // Not prepared to take part (Galera), shutting down, killed, gone, read-only.
                1047
                | 1053
                | 1077..=1080
                | 1152..=1161
                | 1184
                | 1243
                | 1290
                | 1792
                | 1836
                | 1927
                | 2006
                | 2013
                | 3169
                | 4031 => Self::Lost(error),
                _ => Self::Refused(error),
            },
            // A defect of ours: the server was not even asked.
            Error::Driver(
                DriverError::StmtParamsMismatch { .. } | DriverError::StmtParamsNumberExceedsLimit { .. },
            ) => Self::Refused(error),
            _ => Self::Lost(error),
        }
    }
}

//! One transaction for many writes; when that fails, one for each.

use crate::job::Job;
use rusqlite::{Connection, Error};

/// Commits the whole batch, or each job by itself; afterwards every job knows its outcome.
pub(crate) fn commit(connection: &Connection, batch: &mut [Box<dyn Job>]) {
    match transaction(connection, batch) {
        Ok(()) => {}
        Err(Failure::Begin(error)) => {
            // It says nothing about any one write, and asking again would wait out the busy timeout for each.
            batch.iter_mut().for_each(|job| job.fail(again(&error)));
        }
        Err(Failure::Commit(error)) if batch.len() == 1 => batch[0].fail(error),
        Err(Failure::Write) if batch.len() == 1 => {}
        Err(Failure::Commit(_) | Failure::Write) => {
            batch.chunks_mut(1).for_each(|alone| commit(connection, alone));
        }
    }
}

enum Failure {
    Begin(Error),
    /// One of the jobs failed, and keeps why.
    Write,
    Commit(Error),
}

fn transaction(connection: &Connection, batch: &mut [Box<dyn Job>]) -> Result<(), Failure> {
    execute(connection, "BEGIN IMMEDIATE").map_err(Failure::Begin)?;
    let done = run_all(connection, batch);
    // A full disk, for one, ends the transaction by itself.
    if done.is_err() && !connection.is_autocommit() {
        // If even this fails, the connection is broken and the next BEGIN will tell its callers.
        let _ = execute(connection, "ROLLBACK");
    }
    done
}

fn run_all(connection: &Connection, batch: &mut [Box<dyn Job>]) -> Result<(), Failure> {
    for job in batch {
        if !job.run(connection) {
            return Err(Failure::Write);
        }
        if connection.is_autocommit() {
            // The op swallowed an error that ended the transaction. Whatever ran next would commit alone
            // and then be redone.
            return Err(Failure::Commit(Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK),
                Some("the operation ended the transaction it ran in".into()),
            )));
        }
    }
    execute(connection, "COMMIT").map_err(Failure::Commit)
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

fn again(error: &Error) -> Error {
    match error {
        Error::SqliteFailure(code, message) => Error::SqliteFailure(*code, message.clone()),
        other => {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ERROR);
            Error::SqliteFailure(code, Some(other.to_string()))
        }
    }
}

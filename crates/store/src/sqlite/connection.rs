//! How every connection to the file is set up.

use crate::statement;
use rusqlite::{
    Connection, OpenFlags,
    config::DbConfig,
    trace::{TraceEvent, TraceEventCodes},
};
use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path, time::Duration};

/// How long a connection waits for another process before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// More than there are statements in this crate, so that each is prepared once for each connection.
const STATEMENTS: usize = 128;

/// The connection that writes. There is one for each process.
pub(super) fn writing(path: &Path) -> rusqlite::Result<Connection> {
    // No URI flag: whatever the path is called, it is a path.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // If it cannot be made, SQLite says why.
    let _ = make_private(path);
    let mut connection = open(path, flags)?;
    // The clock is asked twice for each statement, which orders that come in masses would feel. A write that is slow
    // is told of as a verb.
    if statement::are_all_wanted() {
        tell_of_statements(&mut connection)?;
    }
    // Checkpoints copy each page once however often it was written, so rare ones are cheaper; the limit gives
    // the disk space of a burst back.
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA cache_size = -4096;",
    )?;
    Ok(connection)
}

/// Makes an empty file that only its owner can read, if there is none: what comes into it signs sessions, and holds
/// the hashes of passwords. SQLite gives its other files the same permissions.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}

/// A connection that only reads.
pub(super) fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = open(path, flags)?;
    tell_of_statements(&mut connection)?;
    connection.execute_batch("PRAGMA cache_size = -1024;")?;
    Ok(connection)
}

/// Tells the log of each statement that ends, with question marks where its values are.
fn tell_of_statements(connection: &mut Connection) -> rusqlite::Result<()> {
    let tell = |event: TraceEvent<'_>| {
        if let TraceEvent::Profile(statement, took) = event {
            statement::ran(&statement.sql(), took);
        }
    };
    connection.trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(tell))
}

fn open(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // A plan that may depend on a bound value is made anew whenever one is bound; ours do not need to.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch("PRAGMA temp_store = MEMORY;")?;
    Ok(connection)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sqlite::migrations;

    /// No test can pull the plug, and SIGKILL leaves the operating system's cache alone.
    #[test]
    fn a_commit_is_on_disk_and_not_only_on_its_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pizza.db");
        let mut connection = writing(&path).unwrap();
        migrations::migrate(&mut connection).unwrap();
        let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0));
        assert_eq!(pragma("synchronous"), Ok(2), "FULL");
        assert_eq!(pragma("foreign_keys"), Ok(1));
        let journal: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(journal, "wal");
    }

    #[test]
    fn a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pizza.db");
        migrations::migrate(&mut writing(&path).unwrap()).unwrap();
        let error = reading(&path).unwrap().execute("DELETE FROM diner_order", []).unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::ReadOnly));
    }
}

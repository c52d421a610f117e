//! Brings a file to the schema this program knows: forward only, once, whoever comes first.

use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use std::{
    thread,
    time::{Duration, Instant},
};

/// Never edited once released; a change is a new file at the end.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_start.sql"),
    include_str!("migrations/0002_audit.sql"),
    include_str!("migrations/0003_first_event.sql"),
    include_str!("migrations/0004_operations.sql"),
    include_str!("migrations/0005_admins.sql"),
];

/// The schema version this program knows.
pub(super) const KNOWN: i64 = MIGRATIONS.len() as i64;

const LOCKED_FOR_TOO_LONG: Duration = Duration::from_secs(10);

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum MigrationError {
    #[error("the database has schema version {found}, made by a later program; this one knows {known}")]
    FromTheFuture { found: i64, known: i64 },
    #[error("the database cannot use a write-ahead log, its journal mode stays {0:?}")]
    NoWriteAheadLog(String),
    #[error("the schema cannot be read or written")]
    Sqlite(#[from] rusqlite::Error),
}

/// Safe when several processes start at once: one of them migrates, the others find it done.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), MigrationError> {
    use_write_ahead_log(connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let Some(missing) = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found..)) else {
        return Err(MigrationError::FromTheFuture { found, known: KNOWN });
    };
    for migration in missing {
        transaction.execute_batch(migration)?;
    }
    if !missing.is_empty() {
        transaction.pragma_update(None, "user_version", KNOWN)?;
    }
    Ok(transaction.commit()?)
}

/// The change to a write-ahead log does not wait for its lock as everything else does.
fn use_write_ahead_log(connection: &Connection) -> Result<(), MigrationError> {
    let start = Instant::now();
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => return Err(MigrationError::NoWriteAheadLog(mode)),
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && start.elapsed() < LOCKED_FOR_TOO_LONG =>
            {
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sqlite::connection;

    #[test]
    fn many_that_start_at_once_migrate_once() {
        for _ in 0..10 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("pizza.db");
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| migrate(&mut connection::writing(&path).unwrap()).unwrap());
                }
            });
            let connection = connection::reading(&path).unwrap();
            let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
            assert_eq!(version, KNOWN);
        }
    }

    #[test]
    fn a_file_of_a_later_program_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = connection::writing(&folder.path().join("pizza.db")).unwrap();
        connection.pragma_update(None, "user_version", KNOWN + 1).unwrap();
        assert!(matches!(migrate(&mut connection), Err(MigrationError::FromTheFuture { .. })));
        let tables: u32 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 0);
    }
}

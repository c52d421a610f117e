//! Readers on the threads that ask: a look-up takes microseconds, less than handing it to another thread.

use super::connection;
use rusqlite::Connection;
use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

/// Connections kept open while nobody reads. More are opened as long as more threads read at once.
const IDLE: usize = 8;

pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default() }
    }

    /// Runs `query` on this thread. One statement sees one state of the database.
    pub(super) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let connection = match self.idle().pop() {
            Some(connection) => connection,
            None => connection::reading(&self.path)?,
        };
        // After an error the connection is closed, not kept: nobody knows what is wrong with it.
        let answer = query(&connection)?;
        let mut idle = self.idle();
        if idle.len() < IDLE {
            idle.push(connection);
        }
        Ok(answer)
    }

    /// Runs `queries` on this thread, all of which see the same state of the database.
    pub(super) fn snapshot<T>(
        &self,
        queries: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.read(|db| {
            db.prepare_cached("BEGIN")?.execute([])?;
            let answer = queries(db)?;
            db.prepare_cached("COMMIT")?.execute([])?;
            Ok(answer)
        })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // A list of idle connections is as good after a panic as before.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

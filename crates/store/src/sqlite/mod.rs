//! The embedded backend, and the default: one SQLite file.
//!
//! Readers run on the threads that ask; one writer thread commits together what arrived together, and
//! answers each caller only after its commit is on disk. Several processes may share a file, though one
//! is what it is made for.

mod accounts;
mod alerts;
mod audit;
mod backup;
mod catalogue;
mod chaos_windows;
mod claim;
mod clock;
mod column;
mod connection;
mod examine;
mod fulfilment;
mod housekeeping;
mod incidents;
mod intervene;
mod migrations;
mod notices;
mod operations;
mod orders;
mod place;
#[cfg(test)]
mod plans;
mod reader;
mod revenue_by_day;
mod settle;
mod tally;
mod verbs;

pub use backup::BackupError;
pub use clock::Clock;

use crate::{
    StoreError,
    observer::{StoreObserver, Watch},
    queue_count::QueueCount,
};
use claim::Turn;
use clock::Millis;
use group_commit::Writer;
use reader::Readers;
use rusqlite::Connection;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Which file, and what time it is.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The database file, created if there is none. Beside it lie its write-ahead log and shared memory.
    pub path: PathBuf,
    /// The database's clock.
    pub clock: Clock,
}

/// A [`crate::Store`] and [`crate::OperationsStore`] in a SQLite file.
///
/// Dropping it waits until everything that was asked is committed and the file is closed.
pub struct SqliteStore {
    // In this order: whoever closes a file last takes its log away, and only the writer can.
    readers: Readers,
    writer: Writer,
    clock: Clock,
    turn: Arc<Turn>,
    queue_count: QueueCount,
    watch: Watch,
}

impl SqliteStore {
    /// Opens the file and brings its schema up to date. Blocks for as long as that takes: for migrations,
    /// or for another process that has the file.
    ///
    /// # Errors
    /// When the file cannot be opened, or was made by a later program.
    pub fn open(options: SqliteOptions) -> Result<Self, StoreError> {
        let mut connection = connection::writing(&options.path).map_err(StoreError::new)?;
        migrations::migrate(&mut connection).map_err(StoreError::new)?;
        let writer = Writer::spawn(connection, group_commit::Options::default()).map_err(StoreError::new)?;
        Ok(Self {
            readers: Readers::new(options.path),
            writer,
            clock: options.clock,
            turn: Arc::default(),
            queue_count: QueueCount::default(),
            watch: Watch::default(),
        })
    }

    /// Tells this observer of every verb from now on.
    #[must_use]
    pub fn observed_by(self, observer: Arc<dyn StoreObserver>) -> Self {
        Self { watch: Watch::by(observer), ..self }
    }

    /// Copies the database at `source` to the new file `target`, as it is at one moment, while it is in use.
    /// Tells `progress` how many bytes are written of about how many. Blocks until the copy is on disk and
    /// checked.
    ///
    /// # Errors
    /// See [`BackupError`].
    pub fn backup(source: &Path, target: &Path, progress: impl FnMut(u64, u64)) -> Result<(), BackupError> {
        backup::backup(source, target, progress)
    }

    /// Puts a backup in the place of the database at `target`, which nobody may have open. What was there is
    /// kept beside it; answers where.
    ///
    /// # Errors
    /// See [`BackupError`].
    pub fn restore(backup: &Path, target: &Path) -> Result<Option<PathBuf>, BackupError> {
        backup::restore(backup, target)
    }

    async fn write<T: Send + 'static>(
        &self,
        mut op: impl FnMut(&Connection, Millis) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let clock = self.clock.clone();
        self.writer.write(move |db| op(db, clock.now())).await.map_err(StoreError::new)
    }

    fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.readers.read(query).map_err(StoreError::new)
    }

    fn snapshot<T>(&self, queries: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.readers.snapshot(queries).map_err(StoreError::new)
    }
}

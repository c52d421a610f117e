//! What survives a restart: vendors with all that is theirs, and the pizzas made under an
//! idempotency key. The only folder here that knows SQL.

mod badges;
mod chaos;
mod connections;
mod pizzas;
mod schema;
mod seeds;
mod vendors;

pub(crate) use badges::Badge;
pub(crate) use pizzas::{KeptPizza, prune_hourly};

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use group_commit::Writer;
use jiff::Timestamp;
use rusqlite::Connection;

use crate::vendor_key::VendorKeys;
use crate::vendors::Vendor;
use crate::{FactoryConfig, FactoryError, private_file};

const FILE: &str = "factory.db";

/// The factory's memory on disk.
pub(crate) struct Ledger {
    writer: Writer,
    /// Look-ups take microseconds, so one connection on the asking thread is enough.
    reader: Mutex<Connection>,
}

impl Ledger {
    /// Opens the ledger in the data directory, makes the configured vendors known, and loads all.
    pub(crate) fn open(
        config: &FactoryConfig,
        keys: &VendorKeys,
    ) -> Result<(Self, Vec<Vendor>), FactoryError> {
        let path = config.data_dir.join(FILE);
        // It holds report tokens and fix codes. SQLite gives its other files the same mode.
        private_file::append(&path).map_err(|source| FactoryError::DataDir { path: path.clone(), source })?;
        let mut connection = connect(&path)?;
        schema::migrate(&mut connection)?;
        seeds::make_known(&mut connection, config)?;
        let vendors = vendors::load(&connection, keys)?;
        let reader = connect(&path)?;
        let writer =
            Writer::spawn(connection, group_commit::Options::default()).map_err(FactoryError::Writer)?;
        Ok((Self { writer, reader: Mutex::new(reader) }, vendors))
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Now, as exactly as the ledger keeps it.
pub(crate) fn now() -> Timestamp {
    timestamp(Timestamp::now().as_millisecond())
}

/// A time that nobody but us wrote; the epoch for one that is out of range all the same.
fn timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A pizza that was handed out must be the same after a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    Ok(connection)
}

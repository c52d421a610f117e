//! Opening the database: what it keeps for orders and for the on-call engineer, and what is heard of it.

use crate::{StartError, config::Database};
use std::{sync::Arc, time::Duration};
use store::{
    Clock, MysqlStore, OperationsStore, SqliteOptions, SqliteStore, Store, StoreError, StoreObserver,
};
use telemetry::Metrics;

/// The two sides of one database.
pub struct Stores {
    /// Accounts, the menu and orders.
    pub store: Arc<dyn Store>,
    /// Alerts, notices and incidents.
    pub operations: Arc<dyn OperationsStore>,
}

impl Stores {
    /// Opens the database that is configured, and brings it up to date.
    pub async fn open(database: &Database, metrics: &Arc<Metrics>) -> Result<Self, StartError> {
        let unusable = |source| database.cannot_be_used(source);
        let measured = Arc::new(Measured(Arc::clone(metrics)));
        if let Some(Ok(options)) = database.mysql() {
            return Ok(Self::of(MysqlStore::open(options).await.map_err(unusable)?.observed_by(measured)));
        }
        if let Some(folder) = database.path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| unusable(StoreError::new(error)))?;
        }
        let options = SqliteOptions { path: database.path.clone(), clock: Clock::system() };
        Ok(Self::of(SqliteStore::open(options).map_err(unusable)?.observed_by(measured)))
    }

    fn of<S: Store + OperationsStore>(store: S) -> Self {
        let store = Arc::new(store);
        Self { store: Arc::clone(&store) as Arc<dyn Store>, operations: store }
    }
}

/// Counts what is asked of the database, and how long it takes.
struct Measured(Arc<Metrics>);

impl StoreObserver for Measured {
    fn verb(&self, verb: &'static str, ok: bool, took: Duration) {
        self.0.db_operation(verb, ok, took);
    }
}

impl Database {
    /// The error that says where the database is, and what to look at.
    pub fn cannot_be_used(&self, source: StoreError) -> StartError {
        match self.mysql() {
            Some(Ok(options)) => StartError::DatabaseServer { location: options.to_string(), source },
            _ => StartError::Database { path: self.path.display().to_string(), source },
        }
    }
}

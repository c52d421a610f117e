//! What the backends' own suite says of orders, their queue and their fulfilment, asked of the store in memory.
#![allow(clippy::unwrap_used)]

mod suite;

use simulation::MemoryStore;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use store::Store;

/// A store in memory, and a clock that stands still until it is moved.
struct Database {
    millis: Arc<AtomicI64>,
    store: Arc<MemoryStore>,
}

impl suite::Backend for Database {
    const LARGEST_ID: i64 = i64::MAX;

    async fn fresh() -> Self {
        let millis = Arc::new(AtomicI64::new(1_800_000_000_000));
        Self { store: Arc::new(MemoryStore::new(Arc::clone(&millis))), millis }
    }

    async fn open(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as _
    }

    async fn advance(&self, by: Duration) {
        self.millis.fetch_add(by.as_millis().try_into().unwrap(), Ordering::Relaxed);
    }
}

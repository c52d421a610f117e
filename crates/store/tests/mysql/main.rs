//! The MySQL backend on a real MariaDB: the conformance suite, and what only this backend promises.
#![allow(clippy::unwrap_used)]

mod addresses;
#[path = "../conformance/mod.rs"]
mod conformance;
mod damage;
mod data;
mod faults;
mod historic;
mod proxy;
mod tls;

use conformance::{Backend, Damage, Verbs};
use jiff::Timestamp;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use store::{Clock, MysqlOptions, MysqlStore, StoreObserver};
use test_mariadb::MariaDb;

/// A database of its own on the server that all tests share, and a clock that stands still until it is moved.
struct Database {
    name: String,
    millis: Arc<AtomicI64>,
}

impl Backend for Database {
    // DECIMAL(10, 8), and INT.
    const DEAREST: domain::Bitcoin = domain::Bitcoin::from_satoshi(9_999_999_999);
    const LARGEST_ID: i64 = i32::MAX as i64;

    async fn fresh() -> Self {
        let name = tokio::task::spawn_blocking(|| MariaDb::shared().fresh_database()).await.unwrap();
        Self { name, millis: Arc::new(AtomicI64::new(1_800_000_000_000)) }
    }

    async fn open(&self) -> Arc<dyn Verbs> {
        open(self.with_our_clock()).await
    }

    async fn observed_by(&self, observer: Arc<dyn StoreObserver>) -> Arc<dyn Verbs> {
        Arc::new(MysqlStore::open(self.with_our_clock()).await.unwrap().observed_by(observer))
    }

    async fn damage(&self, order: domain::OrderId, damage: Damage) {
        let sql = damage::sql(order, damage);
        self.sql(&sql);
    }

    async fn advance(&self, by: Duration) {
        self.millis.fetch_add(by.as_millis().try_into().unwrap(), Ordering::SeqCst);
    }

    fn location(&self) -> String {
        MariaDb::shared().url(&self.name)
    }

    async fn open_at(location: &str) -> Arc<dyn Verbs> {
        open(MysqlOptions::from_url(location).unwrap()).await
    }

    async fn assert_intact(&self) {
        let tables = self.sql("SHOW TABLES");
        let tables: Vec<_> = tables.lines().map(|table| format!("`{table}`")).collect();
        let verdicts = self.sql(&format!("CHECK TABLE {} EXTENDED", tables.join(", ")));
        assert!(verdicts.lines().all(|verdict| verdict.ends_with("\tstatus\tOK")), "{verdicts}");
    }
}

impl Database {
    fn with_our_clock(&self) -> MysqlOptions {
        let millis = Arc::clone(&self.millis);
        let now = move || Timestamp::from_millisecond(millis.load(Ordering::SeqCst)).unwrap();
        MysqlOptions { clock: Some(Clock::new(now)), ..self.options() }
    }

    fn options(&self) -> MysqlOptions {
        MysqlOptions::from_url(&self.location()).unwrap()
    }

    fn sql(&self, statements: &str) -> String {
        MariaDb::shared().sql(&self.name, statements)
    }
}

async fn open(options: MysqlOptions) -> Arc<dyn Verbs> {
    Arc::new(MysqlStore::open(options).await.unwrap())
}

//! The MySQL backend on a Galera cluster: the conformance suite, in which every store that a test opens is on another
//! node than the one before, and what happens when nodes die.
#![allow(clippy::unwrap_used)]

#[path = "../conformance/mod.rs"]
mod conformance;
#[path = "../mysql/damage.rs"]
mod damage;
mod nodes;
mod storm;

use conformance::{Backend, Damage, Verbs};
use jiff::Timestamp;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};
use store::{Clock, MysqlOptions, MysqlStore, StoreObserver};
use test_mariadb::Galera;

/// A database of its own on the cluster that all tests share, and a clock that stands still until it is moved.
struct Database {
    name: String,
    millis: Arc<AtomicI64>,
    opened: AtomicUsize,
}

impl Backend for Database {
    // DECIMAL(10, 8), and INT.
    const DEAREST: domain::Bitcoin = domain::Bitcoin::from_satoshi(9_999_999_999);
    const LARGEST_ID: i64 = i32::MAX as i64;

    async fn fresh() -> Self {
        let name = tokio::task::spawn_blocking(|| Galera::shared().fresh_database()).await.unwrap();
        let millis = Arc::new(AtomicI64::new(1_800_000_000_000));
        Self { name, millis, opened: AtomicUsize::new(0) }
    }

    async fn open(&self) -> Arc<dyn Verbs> {
        open(self.with_our_clock()).await
    }

    async fn observed_by(&self, observer: Arc<dyn StoreObserver>) -> Arc<dyn Verbs> {
        Arc::new(MysqlStore::open(self.with_our_clock()).await.unwrap().observed_by(observer))
    }

    async fn damage(&self, order: domain::OrderId, damage: Damage) {
        let sql = damage::sql(order, damage);
        Galera::shared().sql(0, &self.name, &sql);
    }

    async fn advance(&self, by: Duration) {
        self.millis.fetch_add(by.as_millis().try_into().unwrap(), Ordering::SeqCst);
    }

    fn location(&self) -> String {
        Galera::shared().url(&self.name, self.opened.fetch_add(1, Ordering::SeqCst))
    }

    async fn open_at(location: &str) -> Arc<dyn Verbs> {
        open(MysqlOptions::from_url(location).unwrap()).await
    }

    /// On every node, and the nodes agree.
    async fn assert_intact(&self) {
        assert_nodes_agree(Galera::shared(), &self.name);
    }
}

impl Database {
    fn with_our_clock(&self) -> MysqlOptions {
        let millis = Arc::clone(&self.millis);
        let now = move || Timestamp::from_millisecond(millis.load(Ordering::SeqCst)).unwrap();
        let options = MysqlOptions::from_url(&self.location()).unwrap();
        MysqlOptions { clock: Some(Clock::new(now)), ..options }
    }
}

/// Every node's files are sound, and hold the same.
fn assert_nodes_agree(cluster: &Galera, database: &str) {
    let tables = cluster.sql(0, database, "SHOW TABLES");
    let tables: Vec<_> = tables.lines().map(|table| format!("`{table}`")).collect();
    let tables = tables.join(", ");
    // The first read waits for what others have committed.
    let all = |node, look: &str| {
        let look =
            format!("SET wsrep_sync_wait = 15; SELECT COUNT(*) INTO @n FROM setting; {look} TABLE {tables}");
        cluster.sql(node, database, &look)
    };
    for node in 0..Galera::NODES {
        // A warning may be about a row that is on its way out.
        let verdicts = all(node, "CHECK");
        let is_bad = |verdict: &&str| {
            verdict.contains("\terror\t") || verdict.contains("\tstatus\t") && !verdict.ends_with("\tOK")
        };
        assert!(!verdicts.lines().any(|verdict| is_bad(&verdict)), "{verdicts}");
        // A store that is still open does its chores now and then, which may come between the two looks.
        let differ = || all(node, "CHECKSUM") != all(0, "CHECKSUM");
        let looks =
            (0..20).take_while(|_| differ()).inspect(|_| thread::sleep(Duration::from_millis(500))).count();
        assert!(
            looks < 20,
            "node {node} and node 0 differ, however often one looks: {}",
            all(node, "CHECKSUM")
        );
    }
}

async fn open(options: MysqlOptions) -> Arc<dyn Verbs> {
    Arc::new(MysqlStore::open(options).await.unwrap())
}

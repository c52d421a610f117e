//! The conformance suite on SQLite.
#![allow(clippy::unwrap_used)]

mod conformance;

use conformance::{Backend, Damage, Verbs};
use jiff::Timestamp;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use store::{BackupError, Clock, SqliteOptions, SqliteStore, StoreObserver};
use tempfile::TempDir;

/// A file of its own, and a clock that stands still until it is moved.
struct Database {
    // Its stores share it through their clock, so that the file outlives them.
    folder: Arc<TempDir>,
    millis: Arc<AtomicI64>,
}

impl Backend for Database {
    const DEAREST: domain::Bitcoin = domain::Bitcoin::MAX;
    const LARGEST_ID: i64 = i64::MAX;

    async fn fresh() -> Self {
        let millis = Arc::new(AtomicI64::new(1_800_000_000_000));
        Self { folder: Arc::new(tempfile::tempdir().unwrap()), millis }
    }

    async fn open(&self) -> Arc<dyn Verbs> {
        open(&self.path(), self.clock())
    }

    async fn observed_by(&self, observer: Arc<dyn StoreObserver>) -> Arc<dyn Verbs> {
        let options = SqliteOptions { path: self.path(), clock: self.clock() };
        Arc::new(SqliteStore::open(options).unwrap().observed_by(observer))
    }

    async fn advance(&self, by: Duration) {
        self.millis.fetch_add(by.as_millis().try_into().unwrap(), Ordering::SeqCst);
    }

    fn location(&self) -> String {
        self.path().into_os_string().into_string().unwrap()
    }

    async fn open_at(location: &str) -> Arc<dyn Verbs> {
        open(Path::new(location), Clock::system())
    }

    async fn damage(&self, order: domain::OrderId, damage: Damage) {
        let sql = match damage {
            Damage::PizzaGone => "DELETE FROM pizza WHERE order_id = ?1",
            Damage::StateMangled => "UPDATE fulfilment SET state = 'eaten' WHERE order_id = ?1",
            Damage::LeaseGone => "UPDATE fulfilment SET lease_until = NULL WHERE order_id = ?1",
            Damage::RecordGone => "DELETE FROM fulfilment WHERE order_id = ?1",
            Damage::OrderGone => "DELETE FROM diner_order WHERE id = ?1",
        };
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        assert_eq!(connection.execute(sql, [order.0]).unwrap(), 1);
    }

    async fn assert_intact(&self) {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok");
    }
}

impl Database {
    fn clock(&self) -> Clock {
        let (millis, folder) = (Arc::clone(&self.millis), Arc::clone(&self.folder));
        Clock::new(move || {
            let _ = &folder;
            Timestamp::from_millisecond(millis.load(Ordering::SeqCst)).unwrap()
        })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("pizza.db")
    }
}

fn open(path: &Path, clock: Clock) -> Arc<dyn Verbs> {
    Arc::new(SqliteStore::open(SqliteOptions { path: path.to_owned(), clock }).unwrap())
}

#[tokio::test]
async fn what_is_not_a_database_is_an_error_and_not_a_panic() {
    let database = Database::fresh().await;
    std::fs::write(database.path(), "not a database, but long enough to be taken for one ".repeat(100))
        .unwrap();
    let options = SqliteOptions { path: database.path(), clock: Clock::system() };
    let error = SqliteStore::open(options).err().unwrap();
    assert_eq!(error.to_string(), "the store is unavailable");
}

#[tokio::test]
async fn a_folder_that_does_not_exist_is_an_error_and_not_a_panic() {
    let database = Database::fresh().await;
    let path = database.folder.path().join("nowhere").join("pizza.db");
    assert!(SqliteStore::open(SqliteOptions { path, clock: Clock::system() }).is_err());
}

#[tokio::test]
async fn an_order_without_a_fulfilment_record_is_historic() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let id = conformance::place(&*store, conformance::new_order(1, 1)).await;
    let connection = rusqlite::Connection::open(database.path()).unwrap();
    connection.execute("DELETE FROM fulfilment", []).unwrap();

    let order = store.order(id).await.unwrap().unwrap();
    assert_eq!(order.state, domain::OrderState::Fulfilled);
    assert_eq!((order.jwt, order.attempts, order.queued_at), (None, 0, order.date));
    let too_late = store::Cancellation::TooLate(domain::OrderState::Fulfilled);
    assert_eq!(store.cancel_order(id).await.unwrap(), too_late);
    let not_quarantined = store::Redrive::NotQuarantined(domain::OrderState::Fulfilled);
    assert_eq!(store.redrive_order(id).await.unwrap(), not_quarantined);
}

#[tokio::test]
async fn a_backup_of_a_database_in_use_is_one_moment_of_it_and_can_be_put_back() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let kept = conformance::queued(&*store).await;
    let copy = database.folder.path().join("copy.db");
    let mut told = Vec::new();
    SqliteStore::backup(&database.path(), &copy, |done, of| told.push((done, of))).unwrap();
    assert!(told.last().is_some_and(|(done, of)| done == of && *done > 0), "{told:?}");
    let lost = conformance::queued(&*store).await;

    let again = SqliteStore::backup(&database.path(), &copy, |_, _| ());
    assert!(matches!(again, Err(BackupError::Exists(_))), "{again:?}");
    let in_use = SqliteStore::restore(&copy, &database.path());
    assert!(matches!(in_use, Err(BackupError::InUse(_))), "{in_use:?}");
    assert!(store.order(lost).await.unwrap().is_some(), "a refusal changes nothing");
    drop(store);

    let aside = SqliteStore::restore(&copy, &database.path()).unwrap().expect("there was one");
    let store = database.open().await;
    assert!(store.order(kept).await.unwrap().is_some());
    assert!(store.order(lost).await.unwrap().is_none());
    let before = open(&aside, Clock::system());
    assert!(before.order(lost).await.unwrap().is_some(), "what was there is kept");
}

#[tokio::test]
async fn what_is_no_whole_backup_is_not_put_back() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let order = conformance::queued(&*store).await;
    drop(store);
    let file = |name: &str| database.folder.path().join(name);
    std::fs::write(file("text"), "not a database, but long enough to be taken for one ".repeat(100)).unwrap();
    std::fs::write(file("cut"), &std::fs::read(database.path()).unwrap()[..8192]).unwrap();
    rusqlite::Connection::open(file("foreign")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    for name in ["nothing", "text", "cut", "foreign"] {
        assert!(SqliteStore::restore(&file(name), &database.path()).is_err(), "{name}");
    }
    assert!(database.open().await.order(order).await.unwrap().is_some());
}

#[tokio::test]
async fn a_file_that_others_can_read_is_a_finding() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::fresh().await;
    let store = database.open().await;
    let warnings = async || {
        let findings = store.examine().await.unwrap();
        findings
            .into_iter()
            .filter(|finding| finding.severity == store::Severity::Warning)
            .collect::<Vec<_>>()
    };
    assert_eq!(warnings().await, []);
    std::fs::set_permissions(database.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let [warning] = &warnings().await[..] else { panic!("one warning") };
    assert!(warning.what.contains("mode 644"), "{warning:?}");
    assert!(warning.advice.as_ref().unwrap().starts_with("chmod 600 "), "{warning:?}");
}

#[tokio::test]
async fn dropping_a_store_leaves_one_file() {
    let database = Database::fresh().await;
    let store = database.open().await;
    store.menu().await.unwrap();
    drop(store);
    let files: Vec<_> =
        database.folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["pizza.db"]);
}

#[tokio::test]
async fn revenue_that_would_overflow_stays_the_largest_there_is() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let franchise = conformance::catalogue::found(&*store, "dear", &[]).await;
    let store::StoreCreation::Created(shop) = store.create_store(franchise, "shop").await.unwrap() else {
        panic!("it was just founded")
    };
    let connection = rusqlite::Connection::open(database.path()).unwrap();
    connection.execute("UPDATE store SET revenue = ?1", [i64::MAX - 1]).unwrap();
    let token = store::Token::new();
    let claim = Some(conformance::lease(&token));
    let order = store::NewOrder { store: shop, claim, ..conformance::new_order(1, franchise.0) };
    let order = conformance::place(&*store, order).await;
    let finish = store::Finish::Fulfilled { jwt: "a.b.c".into() };
    assert_eq!(store.finish(order, &token, finish).await.unwrap(), store::Settlement::Applied);
    let query = store::FranchiseQuery { page: 0, per_page: 1, name: "*".into(), with_business: true };
    let shown = store.franchises(query).await.unwrap().franchises.remove(0).stores.remove(0);
    assert_eq!(shown.total_revenue, Some(domain::Bitcoin::from_satoshi(i64::MAX)));
}

//! What survives a restart: vendors, their chaos, and the pizzas made under an idempotency key.
//! The only file here that knows SQL.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use group_commit::{WriteError, Writer};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use secrecy::ExposeSecret;

use crate::chaos::Window;
use crate::factory::Factory;
use crate::pizza::GOOD_FOR;
use crate::secret::{self, Fingerprint};
use crate::vendors::Vendor;
use crate::{FactoryError, SeedVendor};

const FILE: &str = "factory.db";
const SCHEMA_VERSION: i64 = 1;
const SCHEMA: &str = "
    CREATE TABLE vendor (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        key_hash BLOB NOT NULL UNIQUE,
        report_token TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE chaos (
        vendor_id TEXT PRIMARY KEY REFERENCES vendor (id),
        kind TEXT NOT NULL,
        start_ms INTEGER NOT NULL,
        end_ms INTEGER NOT NULL,
        probability REAL NOT NULL,
        delay_seconds INTEGER NOT NULL,
        period_seconds INTEGER NOT NULL,
        fix_code TEXT NOT NULL
    ) STRICT;
    CREATE TABLE pizza (
        vendor_id TEXT NOT NULL,
        idempotency_key TEXT NOT NULL,
        request_hash BLOB NOT NULL,
        jwt TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        PRIMARY KEY (vendor_id, idempotency_key)
    ) STRICT;
    CREATE INDEX pizza_made_at ON pizza (made_at);
";

const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);
/// So few at a time that no order waits long behind a pruning.
const PRUNE_BATCH: i64 = 1_000;

/// The factory's memory on disk.
pub(crate) struct Ledger {
    writer: Writer,
    /// Look-ups take microseconds, so one connection on the asking thread is enough.
    reader: Mutex<Connection>,
}

/// A pizza that was made under an idempotency key, and what was asked for.
pub(crate) struct KeptPizza {
    pub(crate) request: Fingerprint,
    pub(crate) jwt: String,
}

impl Ledger {
    /// Opens the ledger in `data_dir`, makes the seed vendors known, and loads all vendors.
    pub(crate) fn open(data_dir: &Path, seeds: &[SeedVendor]) -> Result<(Self, Vec<Vendor>), FactoryError> {
        let path = data_dir.join(FILE);
        only_for_owner(&path)?;
        let mut connection = connect(&path)?;
        migrate(&mut connection)?;
        for seed in seeds {
            know(&connection, seed)?;
        }
        let vendors = load(&connection)?;
        let reader = connect(&path)?;
        let writer =
            Writer::spawn(connection, group_commit::Options::default()).map_err(FactoryError::Writer)?;
        let ledger = Self { writer, reader: Mutex::new(reader) };
        Ok((ledger, vendors))
    }

    /// The pizza made under this key, unless it is no longer good.
    pub(crate) fn find_pizza(
        &self,
        vendor_id: &str,
        idempotency_key: &str,
        now: Timestamp,
    ) -> rusqlite::Result<Option<KeptPizza>> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader
            .prepare_cached(
                "SELECT request_hash, jwt FROM pizza
                 WHERE vendor_id = ? AND idempotency_key = ? AND made_at > ?",
            )?
            .query_row(params![vendor_id, idempotency_key, no_longer_good(now)], |row| {
                Ok(KeptPizza { request: Fingerprint::from_bytes(row.get(0)?), jwt: row.get(1)? })
            })
            .optional()
    }

    /// Keeps a pizza under its key; on disk when this returns.
    pub(crate) async fn keep_pizza(
        &self,
        vendor_id: String,
        idempotency_key: String,
        pizza: KeptPizza,
        now: Timestamp,
    ) -> Result<(), WriteError> {
        self.writer
            .write(move |connection| {
                connection
                    .prepare_cached(
                        "INSERT OR REPLACE INTO pizza
                         (vendor_id, idempotency_key, request_hash, jwt, made_at)
                         VALUES (?, ?, ?, ?, ?)",
                    )?
                    .execute(params![
                        vendor_id,
                        idempotency_key,
                        pizza.request.as_bytes(),
                        pizza.jwt,
                        now.as_second()
                    ])
                    .map(drop)
            })
            .await
    }

    /// Keeps a vendor's chaos window, or that there is none; on disk when this returns.
    pub(crate) async fn keep_chaos(
        &self,
        vendor_id: String,
        window: Option<Window>,
    ) -> Result<(), WriteError> {
        self.writer
            .write(move |connection| match &window {
                Some(window) => connection
                    .execute(
                        "INSERT OR REPLACE INTO chaos
                         (vendor_id, kind, start_ms, end_ms, probability, delay_seconds,
                          period_seconds, fix_code)
                         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                        params![
                            vendor_id,
                            window.kind.as_str(),
                            window.start.as_millisecond(),
                            window.end.as_millisecond(),
                            window.probability,
                            window.delay_seconds.cast_signed(),
                            window.period_seconds.cast_signed(),
                            window.fix_code
                        ],
                    )
                    .map(drop),
                None => connection.execute("DELETE FROM chaos WHERE vendor_id = ?", [&vendor_id]).map(drop),
            })
            .await
    }

    /// Forgets some of the pizzas that are no longer good; how many.
    async fn prune(&self, now: Timestamp) -> Result<usize, WriteError> {
        self.writer
            .write(move |connection| {
                connection.execute(
                    "DELETE FROM pizza WHERE rowid IN
                     (SELECT rowid FROM pizza WHERE made_at <= ? LIMIT ?)",
                    params![no_longer_good(now), PRUNE_BATCH],
                )
            })
            .await
    }
}

/// Forgets pizzas that are no longer good, for ever.
pub(crate) async fn prune_hourly(factory: Arc<Factory>) {
    loop {
        match factory.ledger.prune(Timestamp::now()).await {
            Ok(0) => tokio::time::sleep(PRUNE_EVERY).await,
            Ok(pruned) => tracing::debug!(pruned, "forgot pizzas that are no longer good"),
            Err(error) => {
                tracing::warn!(%error, "old pizzas could not be forgotten");
                tokio::time::sleep(PRUNE_EVERY).await;
            }
        }
    }
}

/// A key lives as long as its pizza: a later order under it must not get an expired one.
fn no_longer_good(now: Timestamp) -> i64 {
    now.as_second() - GOOD_FOR
}

/// The ledger holds report tokens and fix codes. SQLite gives its other files the same mode.
fn only_for_owner(path: &Path) -> Result<(), FactoryError> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(|source| FactoryError::DataDir { path: path.to_owned(), source })
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A pizza that was handed out must be the same after a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == 0 {
        transaction.execute_batch(SCHEMA)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    transaction.commit()
}

/// A vendor that is known already keeps its report token, so that links in open incidents still work.
fn know(connection: &Connection, seed: &SeedVendor) -> rusqlite::Result<()> {
    let key = Fingerprint::of(seed.api_key.expose_secret());
    connection
        .execute(
            "INSERT INTO vendor (id, name, key_hash, report_token) VALUES (?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, key_hash = excluded.key_hash",
            params![seed.id, seed.name, key.as_bytes(), secret::fresh()],
        )
        .map(drop)
}

fn load(connection: &Connection) -> rusqlite::Result<Vec<Vendor>> {
    connection
        .prepare(
            "SELECT id, name, key_hash, report_token,
                    kind, start_ms, end_ms, probability, delay_seconds, period_seconds, fix_code
             FROM vendor LEFT JOIN chaos ON vendor_id = id",
        )?
        .query_map([], |row| {
            Ok(Vendor {
                id: row.get(0)?,
                name: row.get(1)?,
                key: Fingerprint::from_bytes(row.get(2)?),
                report_token: row.get(3)?,
                window: window(row)?,
            })
        })?
        .collect()
}

/// The window of a joined row; none also when a newer factory wrote what this one cannot read.
fn window(row: &Row<'_>) -> rusqlite::Result<Option<Window>> {
    let Some(kind) = row.get::<_, Option<String>>(4)? else {
        return Ok(None);
    };
    let (start, end): (i64, i64) = (row.get(5)?, row.get(6)?);
    let (delay, period): (i64, i64) = (row.get(8)?, row.get(9)?);
    let (Ok(kind), Ok(start), Ok(end)) =
        (kind.parse(), Timestamp::from_millisecond(start), Timestamp::from_millisecond(end))
    else {
        return Ok(None);
    };
    Ok(Some(Window {
        kind,
        start,
        end,
        probability: row.get(7)?,
        delay_seconds: delay.unsigned_abs(),
        period_seconds: period.unsigned_abs(),
        fix_code: row.get(10)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use factory_api::ChaosKind;
    use jiff::SignedDuration;

    fn seed(name: &str, key: &str) -> Vec<SeedVendor> {
        vec![SeedVendor { id: "v".to_owned(), name: name.to_owned(), api_key: key.into() }]
    }

    fn pizza() -> KeptPizza {
        KeptPizza { request: Fingerprint::of("order"), jwt: "a.b.c".to_owned() }
    }

    #[tokio::test]
    async fn a_key_is_kept_for_a_day_and_then_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, _) = Ledger::open(dir.path(), &[]).unwrap();
        let made = Timestamp::now();
        let key = || ("v".to_owned(), "k".to_owned());
        ledger.keep_pizza(key().0, key().1, pizza(), made).await.unwrap();
        let later = |seconds| made + SignedDuration::from_secs(seconds);
        let found = |now| ledger.find_pizza("v", "k", now).unwrap().is_some();

        assert!(found(later(GOOD_FOR - 1)));
        assert_eq!(ledger.prune(later(GOOD_FOR - 1)).await.unwrap(), 0);
        assert!(!found(later(GOOD_FOR)));
        assert!(found(made));
        assert_eq!(ledger.prune(later(GOOD_FOR)).await.unwrap(), 1);
        assert!(!found(made));
    }

    #[test]
    fn a_seed_replaces_name_and_key_but_not_the_report_token() {
        let dir = tempfile::tempdir().unwrap();
        let (_, old) = Ledger::open(dir.path(), &seed("Old", "old-key")).unwrap();
        let (_, new) = Ledger::open(dir.path(), &seed("New", "new-key")).unwrap();
        assert_eq!(new.len(), 1);
        assert_eq!(new[0].name, "New");
        assert!(new[0].key == Fingerprint::of("new-key"));
        assert_eq!(new[0].report_token, old[0].report_token);
    }

    #[test]
    fn two_vendors_cannot_have_one_key() {
        let dir = tempfile::tempdir().unwrap();
        let mut seeds = seed("One", "key");
        seeds.extend(seed("Two", "key"));
        seeds[1].id = "w".to_owned();
        let error = Ledger::open(dir.path(), &seeds).err().unwrap();
        assert!(matches!(error, FactoryError::Ledger(_)));
    }

    #[tokio::test]
    async fn no_key_is_on_disk_and_only_the_owner_can_read_what_is() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (ledger, _) = Ledger::open(dir.path(), &seed("V", "very-secret-key")).unwrap();
        let window = Window::plan(ChaosKind::Fail, None, Timestamp::now()).unwrap();
        ledger.keep_chaos("v".to_owned(), Some(window)).await.unwrap();
        for file in std::fs::read_dir(dir.path()).unwrap() {
            let file = file.unwrap();
            let bytes = std::fs::read(file.path()).unwrap();
            assert!(!bytes.windows(15).any(|bytes| bytes == b"very-secret-key"));
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{:?}", file.path());
        }
    }
}

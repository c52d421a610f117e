//! What a caller of the writer can rely on, looked at through a second connection to the same file.
#![allow(clippy::unwrap_used)]

use group_commit::{Options, WriteError, Writer};
use rusqlite::{Connection, ErrorCode};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
    mpsc,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;

#[tokio::test]
async fn a_write_is_committed_before_it_is_answered() {
    let file = Database::new();
    let writer = file.writer();
    let id = writer.write(insert("one")).await.unwrap();
    assert_eq!(id, 1);
    assert_eq!(file.names(), ["one"]);
}

#[tokio::test]
async fn what_arrived_during_a_write_is_committed_together() {
    let file = Database::new();
    let writer = file.writer();
    let first = Gate::hold(&writer, "first").await;
    let others: Vec<_> = ["a", "b", "c"].map(|name| spawn(&writer, insert(name))).into();
    let last = Gate::queue(&writer, "last").await;

    first.open().await.unwrap();
    last.reached();
    assert_eq!(file.names(), ["first"], "a, b and c ran in the transaction that last still holds open");
    assert!(others.iter().all(|other| !other.is_finished()), "nobody is answered before the commit");

    last.open().await.unwrap();
    for other in others {
        other.await.unwrap().unwrap();
    }
    assert_eq!(file.names(), ["first", "a", "b", "c", "last"]);
}

#[tokio::test]
async fn a_batch_is_no_larger_than_allowed() {
    let file = Database::new();
    let writer = Writer::spawn(file.connect(), Options { queue: 16, batch: 2 }).unwrap();
    let first = Gate::hold(&writer, "first").await;
    let others: Vec<_> = ["a", "b"].map(|name| spawn(&writer, insert(name))).into();
    let last = Gate::queue(&writer, "last").await;
    first.open().await.unwrap();
    last.reached();
    assert_eq!(file.names(), ["first", "a", "b"]);
    last.open().await.unwrap();
    assert_eq!(others.len(), 2);
}

#[tokio::test]
async fn a_write_that_fails_fails_alone() {
    let file = Database::new();
    let writer = file.writer();
    let gate = Gate::hold(&writer, "gate").await;
    let runs = Arc::new(AtomicU32::new(0));
    let before = spawn(&writer, counted(&runs, "before"));
    let failing = spawn(&writer, |db: &Connection| {
        db.execute("INSERT INTO thing (name) VALUES ('half done')", [])?;
        db.execute("INSERT INTO thing (name) VALUES (NULL)", [])
    });
    let after = spawn(&writer, counted(&runs, "after"));
    settle().await;
    gate.open().await.unwrap();

    before.await.unwrap().unwrap();
    after.await.unwrap().unwrap();
    let Err(WriteError::Sqlite(error)) = failing.await.unwrap() else { panic!("it must fail") };
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::ConstraintViolation));
    assert_eq!(file.names(), ["gate", "before", "after"]);
    assert_eq!(runs.load(Ordering::SeqCst), 3, "before ran twice, after once");
}

#[tokio::test]
async fn a_write_whose_commit_fails_fails_alone() {
    let file = Database::new();
    let writer = file.writer();
    let gate = Gate::hold(&writer, "gate").await;
    let before = spawn(&writer, insert("before"));
    // The foreign key is deferred: only COMMIT finds out.
    let orphan = spawn(&writer, |db: &Connection| db.execute("INSERT INTO part VALUES (4711)", []));
    let after = spawn(&writer, insert("after"));
    settle().await;
    gate.open().await.unwrap();

    before.await.unwrap().unwrap();
    after.await.unwrap().unwrap();
    let Err(WriteError::Sqlite(error)) = orphan.await.unwrap() else { panic!("it must fail") };
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::ConstraintViolation));
    assert_eq!(file.names(), ["gate", "before", "after"]);
    assert_eq!(file.connect().query_row("SELECT count(*) FROM part", [], |row| row.get(0)), Ok(0));
}

#[tokio::test]
async fn a_full_disk_fails_what_does_not_fit_and_nothing_else() {
    let file = Database::new();
    let connection = file.connect();
    connection.pragma_update(None, "max_page_count", 12).unwrap();
    let writer = Writer::spawn(connection, Options::default()).unwrap();
    let gate = Gate::hold(&writer, "gate").await;
    let small = spawn(&writer, insert("small"));
    let large = spawn(&writer, |db: &Connection| {
        db.execute("INSERT INTO thing (name) VALUES (hex(zeroblob(1000000)))", [])
    });
    // It ignores that the disk is full, which has ended the transaction for everybody in the batch.
    let careless = spawn(&writer, |db: &Connection| {
        let _ = db.execute("INSERT INTO thing (name) VALUES (hex(zeroblob(1000000)))", []);
        Ok(())
    });
    let last = spawn(&writer, insert("last"));
    settle().await;
    gate.open().await.unwrap();

    small.await.unwrap().unwrap();
    last.await.unwrap().unwrap();
    let Err(WriteError::Sqlite(error)) = large.await.unwrap() else { panic!("it must fail") };
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DiskFull));
    assert_eq!(careless.await.unwrap().is_ok(), !file.full_disk_ends_transactions());
    assert_eq!(file.names(), ["gate", "small", "last"]);
}

#[tokio::test]
async fn a_write_that_ends_the_transaction_is_an_error_and_harms_nobody() {
    let file = Database::new();
    let writer = file.writer();
    let gate = Gate::hold(&writer, "gate").await;
    let before = spawn(&writer, insert("before"));
    let rude = spawn(&writer, |db: &Connection| db.execute_batch("ROLLBACK"));
    let after = spawn(&writer, insert("after"));
    settle().await;
    gate.open().await.unwrap();
    before.await.unwrap().unwrap();
    after.await.unwrap().unwrap();
    assert!(matches!(rude.await.unwrap(), Err(WriteError::Sqlite(_))));
    assert_eq!(file.names(), ["gate", "before", "after"]);
}

#[tokio::test]
async fn a_write_that_panics_does_not_stop_the_writer() {
    let file = Database::new();
    let writer = file.writer();
    let gate = Gate::hold(&writer, "gate").await;
    let before = spawn(&writer, insert("before"));
    let bad = spawn(&writer, |db: &Connection| -> rusqlite::Result<()> {
        db.execute("INSERT INTO thing (name) VALUES ('half done')", [])?;
        panic!("on purpose");
    });
    settle().await;
    gate.open().await.unwrap();
    before.await.unwrap().unwrap();
    assert!(matches!(bad.await.unwrap(), Err(WriteError::Panicked)));
    writer.write(insert("after")).await.unwrap();
    assert_eq!(file.names(), ["gate", "before", "after"]);
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_undo_its_write() {
    let file = Database::new();
    let writer = file.writer();
    let gate = Gate::hold(&writer, "gate").await;
    let caller = spawn(&writer, insert("kept"));
    settle().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    gate.open().await.unwrap();
    drop(writer);
    assert_eq!(file.names(), ["gate", "kept"]);
}

#[tokio::test]
async fn callers_wait_while_the_queue_is_full() {
    let file = Database::new();
    let writer = Writer::spawn(file.connect(), Options { queue: 1, batch: 1 }).unwrap();
    let gate = Gate::hold(&writer, "gate").await;
    let queued = spawn(&writer, insert("queued"));
    settle().await;
    let outside = spawn(&writer, insert("outside"));
    settle().await;
    outside.abort();
    assert!(outside.await.unwrap_err().is_cancelled());
    gate.open().await.unwrap();
    queued.await.unwrap().unwrap();
    drop(writer);
    assert_eq!(file.names(), ["gate", "queued"], "what never got into the queue was never written");
}

#[tokio::test]
async fn a_locked_database_is_told_to_every_caller() {
    let file = Database::new();
    let connection = file.connect();
    connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    let writer = Writer::spawn(connection, Options::default()).unwrap();
    let other = file.connect();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let callers = ["a", "b"].map(|name| spawn(&writer, insert(name)));
    for caller in callers {
        let Err(WriteError::Sqlite(error)) = caller.await.unwrap() else { panic!("it must fail") };
        assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy));
    }
    other.execute_batch("ROLLBACK").unwrap();
    writer.write(insert("now")).await.unwrap();
    assert_eq!(file.names(), ["now"]);
}

#[tokio::test]
async fn dropping_the_last_handle_finishes_the_queue_and_closes_the_file() {
    let file = Database::new();
    let writer = file.writer();
    let clone = writer.clone();
    drop(writer);
    clone.write(insert("one")).await.unwrap();
    drop(clone);
    let wal = file.path.with_extension("db-wal");
    assert!(!wal.exists(), "the last connection to a file takes its log away");
    assert_eq!(file.names(), ["one"]);
}

type Answer<T> = JoinHandle<Result<T, WriteError>>;

struct Database {
    path: std::path::PathBuf,
    _folder: TempDir,
}

impl Database {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Self { path: folder.path().join("test.db"), _folder: folder };
        database
            .connect()
            .execute_batch(
                "PRAGMA journal_mode = WAL;
                 CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
                 CREATE TABLE part (thing REFERENCES thing (id) DEFERRABLE INITIALLY DEFERRED);",
            )
            .unwrap();
        database
    }

    fn connect(&self) -> Connection {
        let connection = Connection::open(&self.path).unwrap();
        connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;").unwrap();
        connection
    }

    fn writer(&self) -> Writer {
        Writer::spawn(self.connect(), Options::default()).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let connection = self.connect();
        let mut statement = connection.prepare("SELECT name FROM thing ORDER BY id").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// Whether this build of SQLite rolls the whole transaction back when the disk is full.
    fn full_disk_ends_transactions(&self) -> bool {
        let connection = self.connect();
        connection.pragma_update(None, "max_page_count", 12).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        connection.execute("INSERT INTO thing (name) VALUES (hex(zeroblob(1000000)))", []).unwrap_err();
        connection.is_autocommit()
    }
}

/// A write that stays in the middle of its transaction until it is let go.
struct Gate {
    reached: mpsc::Receiver<()>,
    open: mpsc::Sender<()>,
    answer: Answer<i64>,
}

impl Gate {
    /// Occupies the writer, so that what follows queues.
    async fn hold(writer: &Writer, name: &'static str) -> Self {
        let gate = Self::queue(writer, name).await;
        gate.reached();
        gate
    }

    async fn queue(writer: &Writer, name: &'static str) -> Self {
        settle().await;
        let (at_gate, reached) = mpsc::channel();
        let (open, opened) = mpsc::channel();
        let answer = spawn(writer, move |db: &Connection| {
            let id = insert(name)(db)?;
            at_gate.send(()).unwrap();
            opened.recv().unwrap();
            Ok(id)
        });
        settle().await;
        Self { reached, open, answer }
    }

    fn reached(&self) {
        self.reached.recv().unwrap();
    }

    async fn open(self) -> Result<i64, WriteError> {
        self.open.send(()).unwrap();
        self.answer.await.unwrap()
    }
}

fn spawn<T: Send + 'static>(
    writer: &Writer,
    op: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> Answer<T> {
    let writer = writer.clone();
    tokio::spawn(async move { writer.write(op).await })
}

/// Lets every spawned caller get its write into the queue: the test's runtime has one thread.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn insert(name: &'static str) -> impl FnMut(&Connection) -> rusqlite::Result<i64> + Send + 'static {
    move |db| {
        db.execute("INSERT INTO thing (name) VALUES (?1)", [name])?;
        Ok(db.last_insert_rowid())
    }
}

fn counted(
    runs: &Arc<AtomicU32>,
    name: &'static str,
) -> impl FnMut(&Connection) -> rusqlite::Result<i64> + Send + 'static {
    let runs = Arc::clone(runs);
    let mut insert = insert(name);
    move |db| {
        runs.fetch_add(1, Ordering::SeqCst);
        insert(db)
    }
}

//! The writer: real transactions of a real SQLite in memory, whose hooks say what is committed.

use std::sync::{Arc, Mutex};

use interleavings::{Options, WriteError, Writer, interleavings_with_preemptions, spawn};
use rusqlite::{Connection, hooks::Action};

/// What is in the table, and what will be if the transaction that is open commits.
#[derive(Default)]
struct Ledger {
    durable: Vec<i64>,
    pending: Vec<i64>,
    commits: u32,
}

#[derive(Clone, Default)]
struct Database(Arc<Mutex<Ledger>>);

impl Database {
    fn connect(&self) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE thing (id INTEGER PRIMARY KEY)").unwrap();
        let (written, committed, undone) = (self.clone(), self.clone(), self.clone());
        connection
            .update_hook(Some(move |action: Action, _: &str, _: &str, id: i64| {
                assert_eq!(action, Action::SQLITE_INSERT);
                written.0.lock().unwrap().pending.push(id);
            }))
            .unwrap();
        connection
            .commit_hook(Some(move || {
                let mut ledger = committed.0.lock().unwrap();
                let pending = std::mem::take(&mut ledger.pending);
                ledger.durable.extend(pending);
                ledger.commits += 1;
                false
            }))
            .unwrap();
        connection.rollback_hook(Some(move || undone.0.lock().unwrap().pending.clear())).unwrap();
        connection
    }

    fn writer(&self, options: Options) -> Writer {
        Writer::spawn(self.connect(), options).unwrap()
    }

    fn has(&self, id: i64) -> bool {
        self.0.lock().unwrap().durable.contains(&id)
    }

    /// What was committed, the smallest first.
    fn rows(&self) -> Vec<i64> {
        let mut rows = self.0.lock().unwrap().durable.clone();
        rows.sort_unstable();
        rows
    }

    /// The connection holds the hooks, and so three of these.
    fn is_closed(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

fn insert(id: i64) -> impl FnMut(&Connection) -> rusqlite::Result<i64> + Send + 'static {
    move |db| {
        db.execute("INSERT INTO thing VALUES (?1)", [id])?;
        Ok(db.last_insert_rowid())
    }
}

/// Writes its row, and then the one of a table that does not exist.
fn fail(id: i64) -> impl FnMut(&Connection) -> rusqlite::Result<i64> + Send + 'static {
    move |db| {
        insert(id)(db)?;
        db.execute("INSERT INTO nowhere VALUES (1)", [])?;
        Ok(id)
    }
}

fn write(
    writer: &Writer,
    op: impl FnMut(&Connection) -> rusqlite::Result<i64> + Send + 'static,
) -> Result<i64, WriteError> {
    loom::future::block_on(writer.write(op))
}

/// A caller that gets its own answer, after its commit.
fn caller(writer: &Writer, database: &Database, id: i64) {
    assert_eq!(write(writer, insert(id)).unwrap(), id);
    assert!(database.has(id), "answered before the commit");
}

fn explore(preemptions: usize, body: impl Fn() + Send + Sync + 'static) {
    // The body's own stack is too small for SQLite.
    let body = Arc::new(body);
    interleavings_with_preemptions(preemptions, move || {
        let body = Arc::clone(&body);
        spawn(move || body()).join().unwrap();
    })
}

#[test]
fn every_caller_gets_its_own_answer_and_none_before_its_commit() {
    explore(1, || {
        let database = Database::default();
        let writer = database.writer(Options::default());
        let others = [1, 2].map(|id| {
            let (writer, database) = (writer.clone(), database.clone());
            spawn(move || caller(&writer, &database, id))
        });
        others.into_iter().for_each(|other| other.join().unwrap());
        drop(writer);
        assert!(database.is_closed());
        assert_eq!(database.rows(), [1, 2]);
    });
}

#[test]
fn a_write_that_fails_fails_alone_and_leaves_nothing_behind() {
    explore(2, || {
        let database = Database::default();
        let writer = database.writer(Options::default());
        let other = {
            let (writer, database) = (writer.clone(), database.clone());
            spawn(move || caller(&writer, &database, 1))
        };
        assert!(matches!(write(&writer, fail(2)), Err(WriteError::Sqlite(_))));
        other.join().unwrap();
        drop(writer);
        assert_eq!(database.rows(), [1], "redone one by one, and not done twice");
    });
}

#[test]
fn a_write_that_panics_fails_alone_and_the_writer_goes_on() {
    explore(1, || {
        let database = Database::default();
        let writer = database.writer(Options::default());
        let other = {
            let (writer, database) = (writer.clone(), database.clone());
            spawn(move || caller(&writer, &database, 1))
        };
        let answer = write(&writer, |db: &Connection| {
            insert(2)(db)?;
            // As a panic, but without the noise of one for each interleaving.
            std::panic::resume_unwind(Box::new("on purpose"))
        });
        assert!(matches!(answer, Err(WriteError::Panicked)));
        caller(&writer, &database, 3);
        other.join().unwrap();
        drop(writer);
        assert_eq!(database.rows(), [1, 3]);
    });
}

#[test]
fn whoever_drops_the_last_handle_waits_for_the_queue_and_the_file() {
    explore(2, || {
        let database = Database::default();
        let writer = database.writer(Options::default());
        let other = {
            let (writer, database) = (writer.clone(), database.clone());
            spawn(move || {
                caller(&writer, &database, 1);
                drop(writer);
                database.rows()
            })
        };
        drop(writer);
        assert_eq!(other.join().unwrap(), [1]);
        assert!(database.is_closed());
    });
}

#[test]
fn a_caller_that_hangs_up_harms_nobody_and_its_write_is_whole_or_not_at_all() {
    explore(2, || {
        let database = Database::default();
        let writer = database.writer(Options { queue: 1, batch: 2 });
        let hangs_up = {
            let writer = writer.clone();
            spawn(move || {
                let mut write = Box::pin(writer.write(insert(1)));
                // Asked once, and given up.
                let waker = std::task::Waker::noop();
                let _ = write.as_mut().poll(&mut std::task::Context::from_waker(waker));
                drop(write);
            })
        };
        caller(&writer, &database, 2);
        hangs_up.join().unwrap();
        drop(writer);
        assert!(database.is_closed());
        assert!([vec![1, 2], vec![2]].contains(&database.rows()));
    });
}

#[test]
fn a_full_queue_makes_callers_wait_and_forgets_none() {
    explore(1, || {
        let database = Database::default();
        let writer = database.writer(Options { queue: 1, batch: 1 });
        let other = {
            let (writer, database) = (writer.clone(), database.clone());
            spawn(move || {
                caller(&writer, &database, 1);
                caller(&writer, &database, 2);
            })
        };
        caller(&writer, &database, 3);
        other.join().unwrap();
        drop(writer);
        assert_eq!(database.rows(), [1, 2, 3]);
        assert_eq!(database.0.lock().unwrap().commits, 3, "a batch of one each");
    });
}

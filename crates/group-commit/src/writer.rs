//! The thread, and the handles on it.

use crate::batch;
use crate::job::{Job, Pending};
use crate::sync::{Arc, mpsc, oneshot, thread};
use rusqlite::Connection;

/// A handle on the writer's thread; clones share the thread.
///
/// Dropping the last handle waits until the queue is done and the connection is closed, so the file can be
/// opened again at once.
#[derive(Clone, Debug)]
pub struct Writer(Arc<Thread>);

/// How much waits and how much is committed together.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Writes that may wait; further callers wait for room.
    pub queue: usize,
    /// The most writes in one transaction.
    pub batch: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { queue: 4096, batch: 256 }
    }
}

/// Why a write is not known to be committed.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// SQLite refused; the write was rolled back.
    #[error("SQLite refused the write")]
    Sqlite(#[from] rusqlite::Error),
    /// The operation panicked; what it did was rolled back.
    #[error("the write panicked")]
    Panicked,
    /// The writer's thread is gone.
    #[error("the writer has stopped")]
    Stopped,
}

impl Writer {
    /// Starts the thread. Its pragmas and its statement cache are the connection's.
    ///
    /// # Errors
    /// When the operating system cannot start a thread.
    pub fn spawn(connection: Connection, options: Options) -> std::io::Result<Self> {
        let (jobs, waiting) = mpsc::channel(options.queue.max(1));
        let handle = thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || commit_what_arrives(&connection, waiting, options.batch.max(1)))?;
        Ok(Self(Arc::new(Thread { jobs: Some(jobs), handle: Some(handle) })))
    }

    /// Runs `op` in a transaction and answers what it returned once that is committed.
    ///
    /// `op` must not begin or end transactions. It may run twice, so it must not consume what it captured,
    /// nor do anything that a rollback does not undo. A refusal ("that name is taken") is an `Ok` value,
    /// decided before the first write: what an op wrote before it returned `Ok` is committed, and an `Err`
    /// costs everybody in the batch a redo.
    ///
    /// # Errors
    /// See [`WriteError`]; after the first two nothing of this write remains.
    pub async fn write<T, F>(&self, op: F) -> Result<T, WriteError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let jobs = self.0.jobs.as_ref().ok_or(WriteError::Stopped)?;
        jobs.send(Box::new(Pending::new(op, caller))).await.map_err(|_| WriteError::Stopped)?;
        answer.await.map_err(|_| WriteError::Stopped)?
    }
}

#[derive(Debug)]
struct Thread {
    // Both are there until the last handle is dropped.
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    handle: Option<thread::JoinHandle<()>>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(handle) = self.handle.take() {
            // An op that owned the last handle is dropped on the thread itself, which cannot wait for itself.
            if handle.thread().id() != thread::current().id() {
                // A panic was reported by the panic hook already, and nobody is left to be told.
                let _ = handle.join();
            }
        }
    }
}

fn commit_what_arrives(connection: &Connection, mut waiting: mpsc::Receiver<Box<dyn Job>>, limit: usize) {
    let mut batch = Vec::with_capacity(limit);
    while waiting.blocking_recv_many(&mut batch, limit) > 0 {
        batch::commit(connection, &mut batch);
        batch.drain(..).for_each(Job::answer);
    }
}

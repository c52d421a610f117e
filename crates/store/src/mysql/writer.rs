//! A writer commits together what arrived together.
//!
//! A commit costs a sync of the disk, or of a cluster, whatever it holds. So what is asked of a writer queues; it
//! takes all that has queued during its last commit (there is no timer: a lone write never waits for company), writes
//! it with statements about many rows, and answers each caller after the COMMIT. A batch that fails is redone one by
//! one, so that no caller suffers for another. A caller that hangs up does not undo what it asked for.
//!
//! One writer for each kind of work is faster than several: their batches would be smaller, and most of what a small
//! batch costs is asking for it.

use super::{
    failure::Failure,
    pool::Pool,
    transaction::{Proof, Transaction, Write},
};
use crate::StoreError;
use std::{collections::HashSet, hash::Hash, sync::Arc};
use tokio::sync::{mpsc, oneshot};

/// What may wait; further callers wait for room.
const QUEUE: usize = 4096;
/// The most in one transaction.
const BATCH: usize = 256;

/// A kind of work that is done together.
pub(super) trait Work: Send + Sync + Sized + 'static {
    /// What a caller is told.
    type Answer: Send + 'static;
    /// What two of a batch must not have in common.
    type Key: Eq + Hash + Send;

    /// Does all of it, and answers in the same order. May run several times.
    fn write_all(
        tx: &mut Transaction,
        all: &[Self],
    ) -> impl Future<Output = Result<Vec<Self::Answer>, Failure>> + Send;

    fn key(&self) -> Option<Self::Key>;
}

/// A handle on a writer, which ends when its last handle is dropped and the queue is done.
#[derive(Clone)]
pub(super) struct Writer<W: Work> {
    jobs: mpsc::Sender<Job<W>>,
}

struct Job<W: Work> {
    work: W,
    caller: oneshot::Sender<Result<W::Answer, StoreError>>,
}

/// It would take a panic of the writer.
#[derive(Debug, thiserror::Error)]
#[error("the writer has stopped")]
struct Stopped;

/// A failure that is everybody's in a batch.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
struct Shared(Arc<Failure>);

impl<W: Work> Writer<W> {
    pub(super) fn start(pool: &Pool) -> Self {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(write_what_arrives(pool.clone(), waiting));
        Self { jobs }
    }

    pub(super) async fn write(&self, work: W) -> Result<W::Answer, StoreError> {
        let (caller, answer) = oneshot::channel();
        self.jobs.send(Job { work, caller }).await.map_err(|_| StoreError::new(Stopped))?;
        answer.await.map_err(|_| StoreError::new(Stopped))?
    }
}

async fn write_what_arrives<W: Work>(pool: Pool, mut waiting: mpsc::Receiver<Job<W>>) {
    let mut jobs = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut jobs, BATCH).await > 0 {
        let (pool, jobs) = (pool.clone(), std::mem::take(&mut jobs));
        // On a task of its own: a batch that panicked does not take the writer with it.
        let _ = tokio::spawn(async move { write_batch(&pool, jobs).await }).await;
    }
}

async fn write_batch<W: Work>(pool: &Pool, jobs: Vec<Job<W>>) {
    let (mut together, mut after) = (Vec::with_capacity(jobs.len()), Vec::new());
    let mut keys = HashSet::new();
    for job in jobs {
        match job.work.key().is_none_or(|key| keys.insert(key)) {
            true => together.push(job),
            false => after.push(job),
        }
    }
    write_together(pool, together).await;
    for job in after {
        write_together(pool, vec![job]).await;
    }
}

async fn write_together<W: Work>(pool: &Pool, jobs: Vec<Job<W>>) {
    let (work, callers): (Vec<_>, Vec<_>) = jobs.into_iter().map(|job| (job.work, job.caller)).unzip();
    match try_to_write(pool, &work).await {
        Ok(answers) => {
            for (caller, answer) in callers.into_iter().zip(answers) {
                let _ = caller.send(Ok(answer));
            }
        }
        Err((failure, Whose::SomebodysPerhaps)) if work.len() > 1 => {
            tracing::debug!("type" = "db", component = "writer", error = %failure, "a batch is redone one by one");
            for (work, caller) in work.into_iter().zip(callers) {
                Box::pin(write_together(pool, vec![Job { work, caller }])).await;
            }
        }
        Err((failure, _)) => {
            let failure = Shared(Arc::new(failure));
            for caller in callers {
                let _ = caller.send(Err(StoreError::new(failure.clone())));
            }
        }
    }
}

/// Whose fault the failure of a batch is.
enum Whose {
    /// The database's, or what became of the batch is unknown: it must not be written in another way.
    Everybodys,
    /// It may be due to one of the batch alone.
    SomebodysPerhaps,
}

async fn try_to_write<W: Work>(pool: &Pool, work: &[W]) -> Result<Vec<W::Answer>, (Failure, Whose)> {
    let mut write = Write::new(pool, Proof::Receipt);
    loop {
        let outcome = match write.begin().await {
            Ok(mut tx) => {
                let done = W::write_all(&mut tx, work).await;
                write.end(tx, done).await
            }
            Err(failure) => write.failed(failure).await,
        };
        match outcome {
            Ok(Some(answers)) => return Ok(answers),
            Ok(None) => {}
            Err(failure) => {
                let everybodys = failure.is_the_databases();
                let whose = match everybodys || write.may_have_happened() {
                    true => Whose::Everybodys,
                    false => Whose::SomebodysPerhaps,
                };
                return Err((failure, whose));
            }
        }
    }
}

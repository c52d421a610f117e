//! The writers: they commit together what arrived together.
//!
//! A commit costs a sync of the disk, or of a cluster, whatever it holds. So new orders, and what is told of orders
//! in the making, go through a queue; each writer takes what has queued meanwhile (there is no timer: a lone write
//! never waits for company), writes it with statements about many rows, and answers each caller after the COMMIT. A
//! batch that fails is redone one by one, so that no caller suffers for another. A caller that hangs up does not undo
//! what it asked for.

use super::{
    failure::Failure,
    place::place_orders,
    pool::Pool,
    settle::{Settle, settle_all},
    transaction::{Proof, Write},
};
use crate::{NewOrder, Placed, Settlement, StoreError};
use std::{collections::HashSet, sync::Arc};
use tokio::sync::{Mutex, mpsc, oneshot};

/// Writes that may wait; further callers wait for room.
const QUEUE: usize = 4096;
/// The most writes in one transaction.
const BATCH: usize = 256;
/// Writers: while one waits for its COMMIT, another one fills the next batch.
const WRITERS: usize = 2;

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

enum Job {
    Place(NewOrder, Answer<Placed>),
    Settle(Settle, Answer<Settlement>),
}

#[derive(Clone)]
pub(super) struct Intake {
    jobs: mpsc::Sender<Job>,
}

/// No writer is left. It would take a panic in each of them.
#[derive(Debug, thiserror::Error)]
#[error("the writers have stopped")]
struct Stopped;

/// A failure that is everybody's in a batch.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
struct Shared(Arc<Failure>);

impl Intake {
    /// Starts the writers; they end when the last handle is dropped and the queue is done.
    pub(super) fn start(pool: &Pool) -> Self {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..WRITERS {
            tokio::spawn(write_what_arrives(pool.clone(), Arc::clone(&waiting)));
        }
        Self { jobs }
    }

    pub(super) async fn place(&self, order: NewOrder) -> Result<Placed, StoreError> {
        self.ask(|answer| Job::Place(order, answer)).await
    }

    pub(super) async fn settle(&self, settle: Settle) -> Result<Settlement, StoreError> {
        self.ask(|answer| Job::Settle(settle, answer)).await
    }

    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, StoreError> {
        let (answer, told) = oneshot::channel();
        self.jobs.send(job(answer)).await.map_err(|_| StoreError::new(Stopped))?;
        told.await.map_err(|_| StoreError::new(Stopped))?
    }
}

async fn write_what_arrives(pool: Pool, waiting: Arc<Mutex<mpsc::Receiver<Job>>>) {
    loop {
        let mut jobs = Vec::new();
        if waiting.lock().await.recv_many(&mut jobs, BATCH).await == 0 {
            return;
        }
        // On a task of its own: a batch that panicked does not take the writer with it.
        let pool = pool.clone();
        let _ = tokio::spawn(async move { write_all(&pool, jobs).await }).await;
    }
}

async fn write_all(pool: &Pool, jobs: Vec<Job>) {
    let (batch, repeated) = Batch::of(jobs);
    batch.write(pool).await;
    // The same request twice in one batch: the second one finds the first.
    for job in repeated {
        Batch::of(vec![job]).0.write(pool).await;
    }
}

#[derive(Default)]
struct Batch {
    places: Vec<(NewOrder, Answer<Placed>)>,
    settles: Vec<(Settle, Answer<Settlement>)>,
}

impl Batch {
    /// The jobs, but for orders whose idempotency key another one in the batch has.
    fn of(jobs: Vec<Job>) -> (Self, Vec<Job>) {
        let (mut batch, mut repeated) = (Self::default(), Vec::new());
        let mut keys = HashSet::new();
        for job in jobs {
            match job {
                Job::Settle(settle, answer) => batch.settles.push((settle, answer)),
                Job::Place(order, answer) => {
                    let key =
                        order.idempotency.as_ref().map(|it| (order.diner.id, it.key.as_str().to_owned()));
                    match key.is_none_or(|key| keys.insert(key)) {
                        true => batch.places.push((order, answer)),
                        false => repeated.push(Job::Place(order, answer)),
                    }
                }
            }
        }
        (batch, repeated)
    }

    fn len(&self) -> usize {
        self.places.len() + self.settles.len()
    }

    async fn write(self, pool: &Pool) {
        match self.try_to_write(pool).await {
            Ok((placed, settled)) => {
                for ((_, answer), placed) in self.places.into_iter().zip(placed) {
                    let _ = answer.send(Ok(placed));
                }
                for ((_, answer), settlement) in self.settles.into_iter().zip(settled) {
                    let _ = answer.send(Ok(settlement));
                }
            }
            Err((failure, true)) if self.len() > 1 => {
                tracing::debug!("type" = "db", component = "intake", error = %failure, "a batch is redone one by one");
                for alone in self.one_by_one() {
                    Box::pin(alone.write(pool)).await;
                }
            }
            Err((failure, _)) => self.fail(&Shared(Arc::new(failure))),
        }
    }

    /// The failure, and whether it may be due to one of the writes alone.
    async fn try_to_write(&self, pool: &Pool) -> Result<(Vec<Placed>, Vec<Settlement>), (Failure, bool)> {
        let orders: Vec<_> = self.places.iter().map(|(order, _)| order).collect();
        let settles: Vec<_> = self.settles.iter().map(|(settle, _)| settle).collect();
        let mut write = Write::new(pool, Proof::Receipt);
        loop {
            let outcome = match write.begin().await {
                Ok(mut tx) => {
                    let done = async {
                        Ok((place_orders(&mut tx, &orders).await?, settle_all(&mut tx, &settles).await?))
                    };
                    let done = done.await;
                    write.end(tx, done).await
                }
                Err(failure) => write.failed(failure).await,
            };
            match outcome {
                Ok(Some(answers)) => return Ok(answers),
                Ok(None) => {}
                Err(failure) => {
                    let everybodys =
                        matches!(failure, Failure::Unreachable(_) | Failure::Lost(_) | Failure::NoAnswer);
                    return Err((failure, !everybodys && !write.may_have_happened()));
                }
            }
        }
    }

    fn one_by_one(self) -> impl Iterator<Item = Self> {
        let places = self.places.into_iter().map(|place| Self { places: vec![place], ..Self::default() });
        let settles =
            self.settles.into_iter().map(|settle| Self { settles: vec![settle], ..Self::default() });
        places.chain(settles)
    }

    fn fail(self, failure: &Shared) {
        for (_, answer) in self.places {
            let _ = answer.send(Err(StoreError::new(failure.clone())));
        }
        for (_, answer) in self.settles {
            let _ = answer.send(Err(StoreError::new(failure.clone())));
        }
    }
}

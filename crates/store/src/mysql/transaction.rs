//! Running a read or a write until its outcome is known.
//!
//! A transaction that fails before COMMIT was rolled back, and may run again when it was only in somebody's way.
//! A COMMIT that fails may have happened: the connection may have gone after it, and a Galera node reports a conflict
//! there. So a write carries a receipt, a row that is committed with it. Who does not know the outcome runs the write
//! again with the same receipt: either it meets its own receipt, and the first try did happen, or it holds the
//! receipt's key now, and the first try never will.

use super::{
    column::{get, time},
    connection::Connection,
    failure::Failure,
    pool::{Borrowed, Pool},
};
use crate::StoreError;
use jiff::Timestamp;
use std::{
    ops::{Deref, DerefMut},
    time::Duration,
};
use uuid::Uuid;

/// Tries of a write that others are in the way of.
const CONFLICTS: u32 = 20;
/// Tries of anything whose connection is lost.
const LOSSES: u32 = 3;
/// The longest wait after the first conflict; it grows with each further one.
const STEP_ASIDE: Duration = Duration::from_millis(4);

/// Runs `$work` on a connection, again on another one if that is lost.
macro_rules! reading {
    ($pool:expr, $db:ident => $work:expr) => {{
        let mut read = $crate::mysql::transaction::Read::new(&$pool);
        loop {
            let outcome = match read.begin().await {
                Ok(mut borrowed) => {
                    let $db = &mut *borrowed;
                    let done = $work.await;
                    read.end(borrowed, done)
                }
                Err(failure) => read.failed(failure),
            };
            match outcome {
                Ok(Some(answer)) => break Ok(answer),
                Ok(None) => {}
                Err(error) => break Err(error),
            }
        }
    }};
}

/// Runs `$work` in a transaction until its outcome is known. It may run several times.
macro_rules! writing {
    ($pool:expr, $proof:expr, $tx:ident => $work:expr) => {{
        let mut write = $crate::mysql::transaction::Write::new(&$pool, $proof);
        loop {
            let outcome = match write.begin().await {
                Ok(mut transaction) => {
                    let $tx = &mut transaction;
                    let done = $work.await;
                    write.end(transaction, done).await
                }
                Err(failure) => write.failed(failure).await,
            };
            match outcome {
                Ok(Some(answer)) => break Ok(answer),
                Ok(None) => {}
                Err(error) => break Err($crate::StoreError::from(error)),
            }
        }
    }};
}

pub(super) use {reading, writing};

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::new(failure)
    }
}

/// How a write finds out whether it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// By its receipt.
    Receipt,
    /// It need not: done twice it is as if it were done once, with the same answer.
    Repeatable,
}

pub(super) struct Read<'a> {
    pool: &'a Pool,
    losses: u32,
}

impl<'a> Read<'a> {
    pub(super) fn new(pool: &'a Pool) -> Self {
        Self { pool, losses: 0 }
    }

    pub(super) async fn begin(&self) -> Result<Borrowed, Failure> {
        self.pool.borrow().await
    }

    pub(super) fn end<T>(&mut self, db: Borrowed, done: Result<T, Failure>) -> Result<Option<T>, StoreError> {
        match done {
            Ok(answer) => {
                db.give_back();
                Ok(Some(answer))
            }
            Err(failure) => self.failed(failure),
        }
    }

    pub(super) fn failed<T>(&mut self, failure: Failure) -> Result<Option<T>, StoreError> {
        if failure.breaks_the_connection() {
            self.pool.lost();
        }
        self.losses += 1;
        match failure {
            Failure::Lost(_) | Failure::Conflict(_) if self.losses < LOSSES => Ok(None),
            other => Err(other.into()),
        }
    }
}

/// A transaction, and what time it is in it: one time for everything that it writes.
pub(super) struct Transaction {
    db: Borrowed,
    pub(super) now: Timestamp,
    /// Whether an earlier try failed, perhaps because somebody else did the same.
    pub(super) again: bool,
}

pub(super) struct Write<'a, T> {
    pool: &'a Pool,
    receipt: Option<Uuid>,
    tries: u32,
    conflicts: u32,
    losses: u32,
    /// What the tries answered whose COMMIT failed.
    unknown: Vec<(u32, T)>,
}

impl<'a, T> Write<'a, T> {
    pub(super) fn new(pool: &'a Pool, proof: Proof) -> Self {
        let receipt = (proof == Proof::Receipt).then(Uuid::new_v4);
        Self { pool, receipt, tries: 0, conflicts: 0, losses: 0, unknown: Vec::new() }
    }

    pub(super) async fn begin(&mut self) -> Result<Transaction, Failure> {
        self.tries += 1;
        let mut db = self.pool.borrow().await?;
        // One round trip for all of it. The receipt is a UUID of ours, in hexadecimal digits.
        let receipt = match self.receipt {
            Some(receipt) => format!(
                "INSERT INTO receipt (token, try, at) VALUES (x'{}', {}, NOW(3)); ",
                receipt.simple(),
                self.tries
            ),
            None => String::new(),
        };
        let rows = db.command(&format!("START TRANSACTION; {receipt}SELECT NOW(3)")).await?;
        db.in_transaction(true);
        let now = rows.first().map(|row| time(row, 0)).unwrap_or_else(no_time)?;
        Ok(Transaction { db, now, again: self.tries > 1 })
    }

    /// Commits what went well. `None`: it is to be run again.
    pub(super) async fn end(
        &mut self,
        mut transaction: Transaction,
        done: Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        let failure = match done {
            Ok(answer) => match transaction.command("COMMIT").await {
                Ok(_) => {
                    transaction.db.in_transaction(false);
                    transaction.db.give_back();
                    return Ok(Some(answer));
                }
                Err(failure) => {
                    self.unknown.push((self.tries, answer));
                    failure
                }
            },
            Err(failure) => failure,
        };
        if !failure.breaks_the_connection() && transaction.command("ROLLBACK").await.is_ok() {
            transaction.db.in_transaction(false);
            transaction.db.give_back();
        }
        self.failed(failure).await
    }

    /// What to do about a failure: give up, or run again.
    pub(super) async fn failed(&mut self, failure: Failure) -> Result<Option<T>, Failure> {
        if failure.breaks_the_connection() {
            self.pool.lost();
        }
        match failure {
            Failure::Duplicate(_) if !self.unknown.is_empty() => {
                if let Some(answer) = self.answer_of_the_receipt().await? {
                    return Ok(Some(answer));
                }
                self.step_aside(failure).await
            }
            Failure::Conflict(_) | Failure::Duplicate(_) | Failure::Vanished(_) => {
                self.step_aside(failure).await
            }
            Failure::Lost(_) | Failure::NoAnswer if self.losses + 1 < LOSSES => {
                self.losses += 1;
                Ok(None)
            }
            other => Err(other),
        }
    }

    /// Whether a COMMIT of unknown outcome is among the tries: then nobody must write the same in another way.
    pub(super) fn may_have_happened(&self) -> bool {
        !self.unknown.is_empty()
    }

    /// What the try answered that was committed after all, if one was.
    async fn answer_of_the_receipt(&mut self) -> Result<Option<T>, Failure> {
        let Some(receipt) = self.receipt else { return Ok(None) };
        let mut db = self.pool.borrow().await?;
        let found = db.row("SELECT try FROM receipt WHERE token = ?", (receipt.as_bytes(),)).await?;
        db.give_back();
        let Some(found) = found else { return Ok(None) };
        let committed: u32 = get(&found, 0)?;
        let at = self.unknown.iter().position(|(try_, _)| *try_ == committed);
        Ok(at.map(|at| self.unknown.swap_remove(at).1))
    }

    async fn step_aside(&mut self, failure: Failure) -> Result<Option<T>, Failure> {
        self.conflicts += 1;
        if self.conflicts >= CONFLICTS {
            return Err(failure);
        }
        let longest = STEP_ASIDE * self.conflicts;
        tokio::time::sleep(longest.mul_f64(fastrand::f64())).await;
        Ok(None)
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.db
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.db
    }
}

/// The database's clock.
pub(super) async fn now(db: &mut Connection) -> Result<Timestamp, Failure> {
    db.row("SELECT NOW(3)", ()).await?.map(|row| time(&row, 0)).unwrap_or_else(no_time)
}

fn no_time() -> Result<Timestamp, Failure> {
    Err(Failure::Unreadable("NOW(3) gave nothing".into()))
}

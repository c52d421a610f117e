//! One caller's write, with its type forgotten so that different writes share a batch.

use crate::sync::oneshot;
use crate::writer::WriteError;
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(crate) trait Job: Send {
    /// Runs the operation and keeps what it returned; whether it was `Ok`.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Replaces what was kept: the transaction around it did not commit.
    fn fail(&mut self, error: rusqlite::Error);
    /// Tells the caller what was kept.
    fn answer(self: Box<Self>);
}

pub(crate) struct Pending<T, F> {
    op: F,
    outcome: Result<T, WriteError>,
    caller: oneshot::Sender<Result<T, WriteError>>,
}

impl<T, F> Pending<T, F> {
    pub(crate) fn new(op: F, caller: oneshot::Sender<Result<T, WriteError>>) -> Self {
        Self { op, outcome: Err(WriteError::Stopped), caller }
    }
}

impl<T, F> Job for Pending<T, F>
where
    T: Send,
    F: FnMut(&Connection) -> rusqlite::Result<T> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        // Unwind safety: what the op wrote is rolled back; the rest of its state is the caller's own.
        self.outcome = match catch_unwind(AssertUnwindSafe(|| (self.op)(connection))) {
            Ok(returned) => returned.map_err(WriteError::Sqlite),
            Err(_) => Err(WriteError::Panicked),
        };
        self.outcome.is_ok()
    }

    fn fail(&mut self, error: rusqlite::Error) {
        self.outcome = Err(WriteError::Sqlite(error));
    }

    fn answer(self: Box<Self>) {
        // A caller that hung up does not undo its write.
        let _ = self.caller.send(self.outcome);
    }
}

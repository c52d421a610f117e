//! One SQLite writer that commits together what arrived together.
//!
//! A durable commit costs an fsync, whatever it holds. So one thread owns the writing connection, takes
//! whatever queued during the last fsync (there is no timer: a lone write never waits for company), runs
//! it in one transaction, and answers each caller only after the commit.
//!
//! What a caller can rely on:
//! - `Ok` means committed, as durably as the connection's `synchronous` says.
//! - `Err` of one write never fails another: the batch is rolled back and redone one by one. Hence an
//!   operation may run twice, and what it did the first time was rolled back.
//! - A caller that hangs up after the write was queued does not undo it.
//! - An operation that panics fails alone; the writer goes on.

mod batch;
mod job;
mod sync;
mod writer;

pub use writer::{Options, WriteError, Writer};

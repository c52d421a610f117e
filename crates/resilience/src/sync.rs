//! What threads meet at, in one place: `crates/interleavings` compiles this crate's sources with a model checker's.

pub(crate) use std::sync::atomic::{AtomicU64, Ordering};
pub(crate) use std::sync::{Mutex, MutexGuard};

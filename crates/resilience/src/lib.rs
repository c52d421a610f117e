//! What a caller needs to live with a dependency that fails: a [`Circuit`] breaker, a [`Backoff`] with jitter, a
//! [`RetryBudget`], and an adaptive concurrency limit ([`AimdLimit`]).
//!
//! Everything here is pure: no I/O, no async runtime, and no clock. Time is handed in as
//! [`Instant`](std::time::Instant) and randomness as a seed, so that a test or a simulation replays a year in a
//! millisecond and gets the same answer twice. Nothing panics on any input, not even on time that seems to run
//! backwards because two threads that read the clock arrived in the other order.

mod backoff;
mod budget;
mod circuit;
mod closed;
mod config;
mod event;
mod half_open;
mod limit;
mod machine;
mod permit;
mod sync;
mod window;

pub use backoff::Backoff;
pub use budget::RetryBudget;
pub use circuit::{Circuit, Refused, Snapshot};
pub use config::{CircuitConfig, ConfigError};
pub use event::{Event, Mode, OpenReason, State};
pub use limit::{AimdLimit, Slot};
pub use permit::Permit;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

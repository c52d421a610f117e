//! The sources of `resilience` and `group-commit`, compiled once more with [loom]'s primitives in place of the real
//! ones, so that the models in `tests/` can walk through every order in which threads may meet at them.
//!
//! The very files are taken by path, not copies: what the models prove is proved of what runs. A feature or a `cfg`
//! would do as well, but a feature is unified across the workspace, and everybody else would be built on loom.

// The sources bring their unit tests along, which are not meant for loom.
#![cfg(not(test))]

#[path = "../../resilience/src/budget.rs"]
mod budget;
#[path = "../../resilience/src/circuit.rs"]
mod circuit;
#[path = "../../resilience/src/closed.rs"]
mod closed;
#[path = "../../resilience/src/config.rs"]
mod config;
#[path = "../../resilience/src/event.rs"]
mod event;
#[path = "../../resilience/src/half_open.rs"]
mod half_open;
#[path = "../../resilience/src/limit.rs"]
mod limit;
#[path = "../../resilience/src/machine.rs"]
mod machine;
#[path = "../../resilience/src/permit.rs"]
mod permit;
#[path = "../../resilience/src/window.rs"]
mod window;

#[path = "../../group-commit/src/batch.rs"]
mod batch;
#[path = "../../group-commit/src/job.rs"]
mod job;
#[path = "../../group-commit/src/writer.rs"]
mod writer;

mod channel;
mod model;
mod sync;

pub use budget::RetryBudget;
pub use circuit::{Circuit, Refused, Snapshot};
pub use config::{CircuitConfig, ConfigError};
pub use event::{Event, Mode, OpenReason, State};
pub use limit::{AimdLimit, Slot};
pub use permit::Permit;

pub use writer::{Options, WriteError, Writer};

pub use model::{every_interleaving, interleavings_with_preemptions, spawn};

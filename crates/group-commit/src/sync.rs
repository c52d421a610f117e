//! What threads meet at, in one place: `crates/interleavings` compiles this crate's sources with a model checker's.

pub(crate) use std::{sync::Arc, thread};
pub(crate) use tokio::sync::{mpsc, oneshot};

//! The parts of the suite that ask for nothing but orders, and what they need.

#[path = "../../../store/tests/conformance/fulfilment.rs"]
mod fulfilment;
#[path = "../../../store/tests/conformance/model.rs"]
mod model;
#[path = "../../../store/tests/conformance/orders.rs"]
mod orders;
#[path = "../../../store/tests/conformance/placing.rs"]
mod placing;
#[path = "../../../store/tests/conformance/queue.rs"]
mod queue;

pub use placing::*;
use std::{sync::Arc, time::Duration};
use store::Store;

/// A database of a backend under test.
pub trait Backend: Sized {
    /// The largest id that it keeps, and without its sign the smallest.
    const LARGEST_ID: i64;

    /// An empty one, whose clock stands still.
    async fn fresh() -> Self;
    /// One more store on it, as another instance would open it.
    async fn open(&self) -> Arc<dyn Store>;
    /// Moves its clock.
    async fn advance(&self, by: Duration);
}

//! Fulfilment: turning orders into pizzas, whatever the factory does meanwhile.
//!
//! There is one path. An order is saved first. If it may go at once it is saved as already claimed, and
//! [`fulfil_order`] runs it on a task of its own; otherwise the [`dispatcher`] claims it from the backlog
//! when the circuit and the limits allow, and the same function runs it. A diner only *waits* for that
//! task; one who hangs up changes nothing.
//!
//! Without this module an order would live and die with the HTTP request that brought it, which is what
//! happened to every order of the 2 December outage.

mod attempt;
mod controls;
mod deadlines;
mod dispatcher;
mod factory_chaos;
mod fresh;
mod fulfil_order;
mod intake;
mod kitchen;
mod signals;
mod status;
mod trouble;
mod watchers;

pub use controls::Transition;
pub use dispatcher::dispatch;
pub use fulfil_order::Made;
pub use intake::Receipt;
pub use kitchen::Kitchen;
pub use status::{KitchenState, KitchenStatus};
pub use trouble::{FailedCall, Spell};
pub use watchers::Watcher;

use std::time::Instant;

/// The monotonic clock of circuit, limits and delays, which a simulation can pause.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

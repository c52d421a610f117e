//! The edge: what every request passes through, whatever it asks for.

mod cors;
mod problem;
mod request;

pub use cors::cors;
pub use problem::{Problem, whole_seconds};
pub use request::{RequestId, at_the_edge};

//! The edge: what every request passes through, whatever it asks for.

mod client_address;
mod cors;
mod exchange;
mod problem;
mod request;
mod security_headers;

pub use client_address::{TrustedProxy, came_by_https, client_address};
pub use exchange::{Exchange, RequestId};
pub use problem::{Problem, whole_seconds};
pub use request::{Edge, at_the_edge};

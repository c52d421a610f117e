//! The HTTP/1 server that the order service and the factory share: accepting connections, and a limit on
//! everything that a client could otherwise take without end: connections, header bytes, and time to ask, to send
//! a body, to read its answer, to be idle.
//!
//! Reading order: [`serve`] → [`Connections`] → `connection` (one client) → `progress` (how far the conversation
//! is) and `stopwatch` (how long it may stay there); `socket` and `body` are where progress is seen; `guests` knows
//! who can leave when the house is full.
//!
//! An order pays for this, so a request costs no timer, no lock, and no box that axum would not make: each
//! connection has one timer, which is set again only when it has run out or something is due earlier.

mod body;
mod clients;
mod connection;
mod connections;
mod guests;
mod limits;
mod progress;
mod socket;
mod stopwatch;

pub use body::{BodyTooSlow, body_was_too_slow};
pub use connections::Connections;
pub use limits::{Limits, MAX_HEADERS};

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves `app` on this listener until `shutdown`, then lets answers under way finish, for
/// [`Limits::shutdown_grace`] at most.
///
/// Handlers find the client's address as axum's `ConnectInfo<SocketAddr>`. A stream that should end with the
/// server listens to `shutdown` itself; one that does not is cut off after the grace.
pub async fn serve(listener: TcpListener, app: Router, limits: Limits, shutdown: CancellationToken) {
    let grace = limits.shutdown_grace;
    let mut connections = Connections::new(app, limits);
    tokio::select! {
        () = connections.accept(&listener) => {}
        () = shutdown.cancelled() => {}
    }
    drop(listener);
    connections.close(grace).await;
}

//! `down`: the one chaos that no handler can play, because nobody gets to one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_server::{Connections, Limits};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::factory::Factory;
use crate::router::router;

const MOST_CONNECTIONS: usize = 1_024;
/// Long enough for the answer to the call that asked for `down`.
const DOWN_GRACE: Duration = Duration::from_millis(250);
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);
/// The wall clock may be set, so no sleep until a wall-clock time is longer.
const LONGEST_NAP: Duration = Duration::from_secs(1);
const RETRY: Duration = Duration::from_millis(100);

/// Accepts and serves until `shutdown`; while a `down` window lasts, nothing listens.
pub(crate) async fn run(
    listener: TcpListener,
    address: SocketAddr,
    factory: Arc<Factory>,
    shutdown: &CancellationToken,
) {
    let mut listener = Some(listener);
    let mut changes = factory.vendors.changes();
    let limits = Limits { connections: MOST_CONNECTIONS, ..Limits::default() };
    let mut connections = Connections::new(router(factory.clone()), limits);
    while !shutdown.is_cancelled() {
        let now = Timestamp::now();
        let down = factory.vendors.next_down(now);
        if down.as_ref().is_some_and(|window| window.is_active(now)) {
            if listener.take().is_some() {
                tracing::warn!("down: nothing listens until the chaos ends");
                connections.close(DOWN_GRACE).await;
            }
        } else if listener.is_none() {
            listener = rebind(address).await;
        }
        let nap = match &down {
            Some(window) => until_changes(window, now),
            None if listener.is_none() => RETRY,
            None => LONGEST_NAP,
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            _ = changes.changed() => {}
            () = sleep(nap) => {}
            () = accept(&connections, listener.as_ref()) => {}
        }
    }
    drop(listener);
    connections.close(SHUTDOWN_GRACE).await;
}

/// Without a listener there is nobody to accept.
async fn accept(connections: &Connections, listener: Option<&TcpListener>) {
    match listener {
        Some(listener) => connections.accept(listener).await,
        None => std::future::pending().await,
    }
}

/// How long to sleep so as not to miss the window's beginning or end.
fn until_changes(window: &crate::chaos::Window, now: Timestamp) -> Duration {
    let next = if window.start > now { window.start } else { window.end };
    let wait = Duration::try_from(next.duration_since(now)).unwrap_or_default();
    // A zero sleep would spin until the clock has moved.
    wait.clamp(Duration::from_millis(1), LONGEST_NAP)
}

async fn rebind(address: SocketAddr) -> Option<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => {
            tracing::info!(%address, "back: listening again");
            Some(listener)
        }
        Err(error) => {
            tracing::warn!(%address, %error, "cannot listen yet");
            None
        }
    }
}

//! The accept loop, and `down`: the one chaos that no handler can play, because nobody gets to one.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::factory::Factory;
use crate::router::router;

const MOST_CONNECTIONS: usize = 1_024;
/// A caller that takes longer to say what it wants, or wants nothing for so long, is cut off.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
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
    let mut connections = Connections::new(router(factory.clone()));
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
            () = connections.accept(listener.as_ref()) => {}
        }
    }
    drop(listener);
    connections.close(SHUTDOWN_GRACE).await;
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

/// The established connections, which can be ended together.
struct Connections {
    app: Router,
    slots: Arc<Semaphore>,
    tasks: TaskTracker,
    /// Answer what was asked, then close.
    finish: CancellationToken,
    /// Close.
    cut: CancellationToken,
}

impl Connections {
    fn new(app: Router) -> Self {
        Self {
            app,
            slots: Arc::new(Semaphore::new(MOST_CONNECTIONS)),
            tasks: TaskTracker::new(),
            finish: CancellationToken::new(),
            cut: CancellationToken::new(),
        }
    }

    /// Accepts connections and serves each on a task of its own, for ever. Without a listener there
    /// are none. Losing this future loses no connection.
    async fn accept(&self, listener: Option<&TcpListener>) {
        let Some(listener) = listener else {
            return std::future::pending().await;
        };
        loop {
            let Ok(slot) = self.slots.clone().acquire_owned().await else {
                return;
            };
            match listener.accept().await {
                Ok((stream, _)) => self.serve(stream, slot),
                Err(error) => {
                    // Out of file descriptors, most likely: some will be closed soon.
                    tracing::warn!(%error, "cannot accept");
                    sleep(RETRY).await;
                }
            }
        }
    }

    fn serve(&self, stream: TcpStream, slot: OwnedSemaphorePermit) {
        let app = self.app.clone();
        let (finish, cut) = (self.finish.clone(), self.cut.clone());
        self.tasks.spawn(async move {
            let _slot = slot;
            tokio::select! {
                () = serve_connection(stream, app, finish) => {}
                () = cut.cancelled() => {}
            }
        });
    }

    /// Ends all connections, giving answers under way `grace` to get out.
    async fn close(&mut self, grace: Duration) {
        self.finish.cancel();
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait()).await.is_err() {
            self.cut.cancel();
            self.tasks.wait().await;
        }
        *self = Self::new(self.app.clone());
    }
}

/// Serves one connection until it ends, or, once it is to `finish`, until the answer under way is out.
async fn serve_connection(stream: TcpStream, app: Router, finish: CancellationToken) {
    // Without it small answers may wait 40 ms; a socket that refuses works all the same.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    let mut connection = pin!(connection);
    let finished = tokio::select! {
        result = connection.as_mut() => result,
        () = finish.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = finished {
        tracing::debug!(%error, "a connection broke");
    }
}

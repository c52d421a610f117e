//! Each limit of the server, against real sockets: nothing but the limit under test ever runs out.
#![allow(clippy::unwrap_used)]

mod client;
mod connections;
mod requests;
mod shutdown;
mod slow_clients;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::{StreamExt, stream};
use http_server::{Limits, body_was_too_slow, serve};
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::Notify,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// Short enough to wait for.
const SHORT: Duration = Duration::from_millis(150);
/// Longer than any test.
const FOR_EVER: Duration = Duration::from_secs(3600);
/// Nothing takes this long; a test that waits for it fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);
/// More than sockets on both sides hold.
const HUGE: usize = 64 << 20;

/// Limits that nobody gets to.
fn generous() -> Limits {
    Limits {
        connections: 100,
        connections_per_client: None,
        header_timeout: FOR_EVER,
        header_bytes: 16 * 1024,
        body_timeout: FOR_EVER,
        answer_timeout: None,
        stall_timeout: FOR_EVER,
        idle_timeout: FOR_EVER,
        shutdown_grace: FOR_EVER,
    }
}

/// A running server.
struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

/// What its handlers know.
#[derive(Default)]
struct Seen {
    calls: AtomicUsize,
    /// Answers, streams and handlers that somebody still holds.
    alive: AtomicUsize,
    /// Lets `/held` go on.
    go_on: Notify,
    shutdown: CancellationToken,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let seen = Arc::new(Seen { shutdown: shutdown.clone(), ..Seen::default() });
        let task = tokio::spawn(serve(listener, app(Arc::clone(&seen)), limits, shutdown.clone()));
        Self { address, seen, shutdown, task }
    }

    fn calls(&self) -> usize {
        self.seen.calls.load(SeqCst)
    }

    /// Waits until this many answers, streams and handlers are alive.
    async fn until_alive(&self, expected: usize) {
        let waiting = async {
            while self.seen.alive.load(SeqCst) != expected {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, waiting).await.expect("never so many");
    }
}

fn app(seen: Arc<Seen>) -> Router {
    Router::new()
        .route("/", get(hello))
        .route("/peer", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()))
        .route("/length", post(length))
        .route("/length-elsewhere", post(length_elsewhere))
        .route("/refuse", post(async || (StatusCode::PAYLOAD_TOO_LARGE, "too large")))
        .route("/held", get(held))
        .route("/stuck", get(stuck))
        .route("/huge", get(huge))
        .route("/burst", get(burst))
        .route("/ticks", get(async |State(seen): State<Arc<Seen>>| ticks(seen, CancellationToken::new())))
        .route("/ticks-until-shutdown", get(ticks_until_shutdown))
        .with_state(seen)
}

async fn hello(State(seen): State<Arc<Seen>>) -> &'static str {
    seen.calls.fetch_add(1, SeqCst);
    "hello"
}

/// How long the body is; 408 if it came too slowly.
async fn length(request: Request) -> Response {
    match axum::body::to_bytes(request.into_body(), HUGE).await {
        Ok(bytes) => bytes.len().to_string().into_response(),
        Err(error) if body_was_too_slow(&error) => StatusCode::REQUEST_TIMEOUT.into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn length_elsewhere(request: Request) -> Response {
    tokio::spawn(length(request)).await.unwrap()
}

/// Answers when it is told to.
async fn held(State(seen): State<Arc<Seen>>) -> &'static str {
    let _alive = Alive::new(&seen);
    seen.go_on.notified().await;
    "at last"
}

async fn stuck(State(seen): State<Arc<Seen>>) {
    let _alive = Alive::new(&seen);
    std::future::pending().await
}

/// Far more than the sockets hold.
async fn huge(State(seen): State<Arc<Seen>>) -> Body {
    let alive = Alive::new(&seen);
    let chunks = stream::iter(0..HUGE >> 16).map(move |_| {
        let _held = &alive;
        Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 1 << 16]))
    });
    Body::from_stream(chunks)
}

/// As much as our socket holds and the client's does not, and then nothing for ever.
async fn burst(State(seen): State<Arc<Seen>>) -> Body {
    let alive = Alive::new(&seen);
    let chunks = stream::unfold((alive, true), async |(alive, first)| {
        if !first {
            std::future::pending::<()>().await;
        }
        Some((Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 1 << 18])), (alive, false)))
    });
    Body::from_stream(chunks)
}

async fn ticks_until_shutdown(State(seen): State<Arc<Seen>>) -> Body {
    let until = seen.shutdown.clone();
    ticks(seen, until)
}

/// A line now and then.
fn ticks(seen: Arc<Seen>, until: CancellationToken) -> Body {
    let state = (Alive::new(&seen), until);
    Body::from_stream(stream::unfold(state, async |(alive, until)| {
        tokio::select! {
            () = until.cancelled() => None,
            () = sleep(Duration::from_millis(20)) => Some((Ok::<_, Infallible>("tick\n"), (alive, until))),
        }
    }))
}

/// Counts as alive until it is dropped.
struct Alive(Arc<Seen>);

impl Alive {
    fn new(seen: &Arc<Seen>) -> Self {
        seen.alive.fetch_add(1, SeqCst);
        Self(Arc::clone(seen))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, SeqCst);
    }
}

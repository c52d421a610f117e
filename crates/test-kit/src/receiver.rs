//! Somebody's pager: a server that takes webhooks, and may be out of order.

use crate::eventually;
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use serde_json::Value;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::net::TcpListener;
use url::Url;

/// A running receiver of webhooks; it stops with the runtime it was started on.
pub struct Receiver {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    out_of_order: bool,
    refused: usize,
    messages: Vec<Value>,
    authorizations: Vec<String>,
}

impl Receiver {
    /// Starts on a free loopback port.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free loopback port");
        let address = listener.local_addr().expect("a bound address");
        let seen = Arc::<Mutex<Seen>>::default();
        let routes = Router::new().route("/{*path}", post(take)).with_state(Arc::clone(&seen));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { address, seen }
    }

    /// An address that it takes messages at: whatever the path, it is the same.
    ///
    /// # Panics
    /// When the path is none.
    pub fn url(&self, path: &str) -> Url {
        format!("http://{}/{path}", self.address).parse().expect("a URL")
    }

    /// From now on it answers 503 to everything, or does not.
    pub fn out_of_order(&self, out_of_order: bool) {
        self.seen().out_of_order = out_of_order;
    }

    /// How many messages it was too broken to take.
    pub fn refused(&self) -> usize {
        self.seen().refused
    }

    /// What it was told, in order.
    pub fn messages(&self) -> Vec<Value> {
        self.seen().messages.clone()
    }

    /// The `Authorization` of each message.
    pub fn authorizations(&self) -> Vec<String> {
        self.seen().authorizations.clone()
    }

    /// What it was told about one group of alerts, such as `factory`.
    pub fn about(&self, group: &str) -> Vec<Value> {
        self.messages().into_iter().filter(|message| message["groupKey"] == group).collect()
    }

    /// Waits for a message about this group with this status.
    pub async fn wait_for(&self, group: &str, status: &str) -> Value {
        let look = async || self.about(group).into_iter().find(|message| message["status"] == status);
        eventually(&format!("somebody is told that {group} is {status}"), look).await
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }
}

async fn take(
    State(seen): State<Arc<Mutex<Seen>>>,
    headers: HeaderMap,
    Json(message): Json<Value>,
) -> StatusCode {
    let mut seen = lock(&seen);
    if seen.out_of_order {
        seen.refused += 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    seen.authorizations.push(authorization.unwrap_or_default().to_owned());
    seen.messages.push(message);
    StatusCode::OK
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Whom the service pages: a webhook of ours, which knows when somebody was woken.

use crate::journal::Journal;
use anyhow::Context;
use axum::{Json, Router, extract::State, routing::post};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// Messages kept, at most: whoever sends more is out of order.
const MOST: usize = 10_000;

/// What it was told, and when.
type Heard = Arc<Mutex<Vec<(jiff::Timestamp, Value)>>>;

/// A pager; dropped, it is off.
pub(crate) struct Pager {
    pub url: String,
    heard: Heard,
    _serving: AbortOnDropHandle<()>,
}

impl Pager {
    pub async fn on(port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        let listener =
            listener.with_context(|| format!("no pager at port {port}: is something else there?"))?;
        let url = format!("http://{}/page", listener.local_addr()?);
        let heard = Heard::default();
        let routes = Router::new().route("/{*path}", post(hear)).with_state(Arc::clone(&heard));
        let serving = tokio::spawn(async move {
            // It serves until it is aborted.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { url, heard, _serving: AbortOnDropHandle::new(serving) })
    }

    /// When it first rang, in a drill's time: since `from`.
    pub fn first_firing(&self, journal: &Journal, from: f64) -> Option<f64> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let firing = heard.iter().filter(|(_, message)| message["status"] == "firing");
        firing.map(|(at, _)| journal.at(*at)).find(|at| *at >= from)
    }
}

async fn hear(State(heard): State<Heard>, Json(message): Json<Value>) {
    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    if heard.len() < MOST {
        heard.push((jiff::Timestamp::now(), message));
    }
}

//! Whoever is told: a server that takes every webhook, and remembers what came when.

use crate::clock::within;
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, Uri},
    routing::post,
};
use jiff::Timestamp;
use serde_json::Value;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::TcpListener;

/// A message that came.
#[derive(Clone, Debug)]
pub struct Message {
    pub at: Timestamp,
    /// The path that it was sent to.
    pub to: String,
    pub authorization: Option<String>,
    pub body: Value,
}

/// Takes whatever is posted.
#[derive(Clone, Default)]
pub struct Pager {
    address: String,
    messages: Arc<Mutex<Vec<Message>>>,
}

impl Pager {
    /// Listens from now on.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let pager = Self { address, ..Self::default() };
        let app = Router::new().route("/{*path}", post(take)).with_state(pager.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        pager
    }

    /// Where a path of it is.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// All that came to a path, by time.
    pub fn messages(&self, to: &str) -> Vec<Message> {
        self.messages.lock().unwrap().iter().filter(|message| message.to == to).cloned().collect()
    }

    /// The first message to a path that is one of these.
    pub async fn wait_for(
        &self,
        to: &str,
        what: &str,
        patience: Duration,
        is: impl Fn(&Message) -> bool,
    ) -> Message {
        within(patience, what, async || self.messages(to).into_iter().find(&is)).await
    }
}

impl Message {
    /// Whether it says that something is wrong, or (`resolved`) over.
    pub fn is(&self, status: &str) -> bool {
        self.body["status"] == status
    }

    /// The alerts that it is about.
    pub fn alerts(&self) -> &[Value] {
        self.body["alerts"].as_array().map_or(&[], Vec::as_slice)
    }

    /// Whether one of its alerts has this status and these labels.
    pub fn has(&self, status: &str, labels: &[(&str, Option<&str>)]) -> bool {
        self.alerts().iter().any(|alert| {
            alert["status"] == status
                && labels.iter().all(|(name, value)| alert["labels"][name].as_str() == *value)
        })
    }

    /// What it says to people.
    pub fn text(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }
}

async fn take(State(pager): State<Pager>, uri: Uri, headers: HeaderMap, body: String) {
    let authorization = headers.get("authorization").and_then(|value| Some(value.to_str().ok()?.to_owned()));
    let body = serde_json::from_str(&body).unwrap_or(Value::String(body));
    let message = Message { at: Timestamp::now(), to: uri.path().to_owned(), authorization, body };
    pager.messages.lock().unwrap().push(message);
}

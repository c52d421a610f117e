//! A Grafana as far as our annotations need one.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use url::Url;

pub const TOKEN: &str = "glsa_canary-token-of-grafana";

type Shared = Arc<Mutex<Vec<Value>>>;

pub struct Grafana {
    pub url: Url,
    annotations: Shared,
}

impl Grafana {
    pub async fn start() -> Self {
        let annotations = Shared::default();
        let routes = Router::new()
            .route("/api/annotations", post(create).get(async || Json(json!([]))))
            .route("/api/annotations/{id}", get(read).patch(patch))
            .with_state(Arc::clone(&annotations));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, annotations }
    }

    /// The annotations with this tag.
    pub fn tagged(&self, tag: &str) -> Vec<Value> {
        let all = self.annotations.lock().unwrap().clone();
        all.into_iter().filter(|one| one["tags"].as_array().unwrap().contains(&json!(tag))).collect()
    }
}

async fn create(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Json(mut body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    if headers["authorization"] != format!("Bearer {TOKEN}") {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "message": "Invalid API key" })));
    }
    let mut all = shared.lock().unwrap();
    let id = all.len() + 1;
    body["id"] = json!(id);
    if body["timeEnd"].is_null() {
        body["timeEnd"] = body["time"].clone();
    }
    all.push(body);
    (StatusCode::OK, Json(json!({ "message": "Annotation added", "id": id })))
}

async fn read(State(shared): State<Shared>, Path(id): Path<usize>) -> Json<Value> {
    Json(shared.lock().unwrap()[id - 1].clone())
}

async fn patch(State(shared): State<Shared>, Path(id): Path<usize>, Json(body): Json<Value>) -> Json<Value> {
    let mut all = shared.lock().unwrap();
    for (name, value) in body.as_object().unwrap() {
        all[id - 1][name] = value.clone();
    }
    Json(json!({ "message": "Annotation patched" }))
}

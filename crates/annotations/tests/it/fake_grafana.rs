//! A Grafana as far as annotations go: its documented requests, answers and permissions, and faults as data.

use annotations::{GrafanaAnnotations, GrafanaConfig};
use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

pub const TOKEN: &str = "glsa_canary-token";

/// What goes wrong with one of the methods.
#[derive(Clone, Copy)]
pub enum Fault {
    /// It says that it did it, and did nothing.
    Lies,
    /// It does nothing, and answers this.
    Says(u16, &'static str),
    /// It does nothing, and repeats the token.
    Echoes(u16),
    Hangs,
    /// It does it, and does not say so.
    DoesItAndHangs,
}

/// Which method, and how often: each fault is met once.
pub type Faults = Vec<(&'static str, Fault)>;

pub struct Grafana {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    annotations: BTreeMap<i64, Value>,
    last_id: i64,
    faults: Faults,
    calls: Vec<String>,
}

impl Grafana {
    pub async fn start(faults: Faults) -> Self {
        let shared = Arc::new(Shared::default());
        shared.inner.lock().unwrap().faults = faults;
        let router = Router::new()
            .route("/grafana/api/annotations", post(create).get(find))
            .route("/grafana/api/annotations/{id}", get(read).patch(patch).delete(delete))
            .with_state(shared.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, shared }
    }

    pub fn config(&self) -> GrafanaConfig {
        GrafanaConfig {
            url: format!("http://{}/grafana/", self.address).parse().unwrap(),
            token: TOKEN.into(),
            dashboard_uid: None,
            panel_id: None,
        }
    }

    /// A client that is patient, unless this Grafana will hang.
    pub fn client(&self) -> GrafanaAnnotations {
        let faults = &self.shared.inner.lock().unwrap().faults;
        let hangs = faults.iter().any(|(_, fault)| matches!(fault, Fault::Hangs | Fault::DoesItAndHangs));
        let deadline = Duration::from_secs(if hangs { 2 } else { 60 });
        GrafanaAnnotations::new(self.config()).unwrap().with_deadline(deadline)
    }

    /// From now on it makes this trouble.
    pub fn will(&self, faults: Faults) {
        self.shared.inner.lock().unwrap().faults = faults;
    }

    /// What is stored, by id.
    pub fn annotations(&self) -> Vec<Value> {
        self.shared.inner.lock().unwrap().annotations.values().cloned().collect()
    }

    /// The methods that were called since the last time.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.inner.lock().unwrap().calls)
    }

    /// Somebody deletes an annotation by hand.
    pub fn forget(&self, id: i64) {
        self.shared.inner.lock().unwrap().annotations.remove(&id).unwrap();
    }
}

async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    shared
        .answer("POST", &headers, |inner| {
            if body["text"].as_str().is_none_or(str::is_empty) {
                return says(400, "Failed to save annotation");
            }
            inner.last_id += 1;
            let id = inner.last_id;
            let mut stored =
                json!({"id": id, "alertId": 0, "userId": 1, "panelId": 0, "data": {}, "tags": []});
            update(&mut stored, &body);
            if let Some(uid) = body.get("dashboardUID") {
                stored["dashboardUID"] = uid.clone();
                stored["panelId"] = body.get("panelId").cloned().unwrap_or(json!(0));
            }
            inner.annotations.insert(id, stored);
            Json(json!({"message": "Annotation added", "id": id})).into_response()
        })
        .await
}

async fn find(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Query(asked): Query<Vec<(String, String)>>,
) -> Response {
    let number = |name: &str| asked.iter().find(|(key, _)| key == name).unwrap().1.parse::<i64>().unwrap();
    let (from, to) = (number("from"), number("to"));
    let tags: Vec<&str> =
        asked.iter().filter(|(key, _)| key == "tags").map(|(_, tag)| tag.as_str()).collect();
    shared
        .answer("FIND", &headers, |inner| {
            let found: Vec<&Value> = inner
                .annotations
                .values()
                .filter(|stored| stored["time"].as_i64().unwrap() <= to)
                .filter(|stored| stored["timeEnd"].as_i64().unwrap() >= from)
                .filter(|stored| {
                    tags.iter().all(|tag| stored["tags"].as_array().unwrap().contains(&json!(tag)))
                })
                .collect();
            Json(found).into_response()
        })
        .await
}

async fn read(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<i64>) -> Response {
    shared
        .answer("GET", &headers, |inner| match inner.annotations.get(&id) {
            Some(stored) => Json(stored.clone()).into_response(),
            None => says(404, "Annotation not found"),
        })
        .await
}

async fn patch(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<i64>,
    Json(body): Json<Value>,
) -> Response {
    shared
        .answer("PATCH", &headers, |inner| match inner.annotations.get_mut(&id) {
            Some(stored) => {
                update(stored, &body);
                says(200, "Annotation patched")
            }
            None => says(404, "Annotation not found"),
        })
        .await
}

async fn delete(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<i64>) -> Response {
    shared
        .answer("DELETE", &headers, |inner| match inner.annotations.remove(&id) {
            Some(_) => says(200, "Annotation deleted"),
            None => says(404, "Annotation not found"),
        })
        .await
}

/// What is not given stays; an end that is not given is the beginning.
fn update(stored: &mut Value, body: &Value) {
    for key in ["time", "timeEnd", "tags", "text"] {
        if let Some(value) = body.get(key) {
            stored[key] = value.clone();
        }
    }
    if stored["timeEnd"].as_i64().unwrap_or_default() == 0 {
        stored["timeEnd"] = stored["time"].clone();
    }
}

fn says(status: u16, message: &str) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(json!({"message": message}))).into_response()
}

impl Shared {
    async fn answer(
        &self,
        method: &'static str,
        headers: &HeaderMap,
        work: impl FnOnce(&mut Inner) -> Response,
    ) -> Response {
        let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
        let (hangs, answer) = {
            let mut inner = self.inner.lock().unwrap();
            inner.calls.push(method.to_owned());
            let fault = inner.faults.iter().position(|(faulty, _)| *faulty == method);
            let fault = fault.map(|index| inner.faults.remove(index).1);
            if authorization != Some(&format!("Bearer {TOKEN}")) {
                return says(401, "Invalid API key");
            }
            match fault {
                None => (false, work(&mut inner)),
                Some(Fault::Lies) => (false, says(200, "Annotation patched")),
                Some(Fault::Says(status, words)) => (false, says(status, words)),
                Some(Fault::Echoes(status)) => (false, says(status, &format!("no {authorization:?}"))),
                Some(Fault::Hangs) => (true, says(500, "never said")),
                Some(Fault::DoesItAndHangs) => (true, work(&mut inner)),
            }
        };
        if hangs {
            std::future::pending::<()>().await;
        }
        answer
    }
}

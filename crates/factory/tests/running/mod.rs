//! A factory of our own, running on a free port.
#![allow(dead_code, clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use factory::{FactoryConfig, FactoryError, SeedVendor};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const KEY: &str = "key-of-pizzeria-one";
pub const OTHER_KEY: &str = "key-of-pizzeria-two";

pub struct Running {
    pub address: SocketAddr,
    pub http: reqwest::Client,
    dir: Arc<TempDir>,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), FactoryError>>,
}

/// A status and a JSON body.
pub type Answer = (u16, Value);

impl Running {
    pub async fn start() -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().unwrap())).await
    }

    async fn start_in(dir: Arc<TempDir>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = FactoryConfig::new(dir.path().join("data"));
        config.oven_delay = Duration::from_millis(20);
        config.seed_vendors =
            vec![vendor("one", "Pizzeria One", KEY), vendor("two", "Pizzeria Two", OTHER_KEY)];
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(factory::serve(listener, config, shutdown.clone()));
        Self { address, http: reqwest::Client::new(), dir, shutdown, task }
    }

    /// Stops this factory and starts another one on what it left.
    pub async fn restart(self) -> Self {
        let dir = self.dir.clone();
        self.stop().await;
        Self::start_in(dir).await
    }

    pub async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap().unwrap();
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path)).bearer_auth(KEY)
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.call(Method::GET, path)).await
    }

    /// Asks for chaos with this body.
    pub async fn chaos(&self, kind: &str, body: Value) -> Answer {
        let path = format!("/api/vendor/chaos/{kind}");
        answer(self.call(Method::PUT, &path).json(&body)).await
    }

    pub fn order(&self, id: i64) -> RequestBuilder {
        self.call(Method::POST, "/api/order").json(&order(id))
    }

    pub async fn order_under(&self, id: i64, key: &str) -> Answer {
        answer(self.order(id).header("idempotency-key", key)).await
    }

    pub async fn is_pizza(&self, jwt: &Value) -> bool {
        let call = self.http.post(self.url("/api/order/verify"));
        let response = call.json(&json!({"jwt": jwt})).send().await.unwrap();
        response.status() == StatusCode::OK
    }
}

fn vendor(id: &str, name: &str, key: &str) -> SeedVendor {
    SeedVendor { id: id.to_owned(), name: name.to_owned(), api_key: key.into() }
}

pub fn order(id: i64) -> Value {
    json!({
        "diner": {"id": 3, "name": "Kai", "email": "kai@example.com"},
        "order": {"id": id, "franchiseId": 1, "storeId": 2,
                  "items": [{"menuId": 4, "description": "Veggie", "price": 0.0038}]},
    })
}

pub async fn answer(call: RequestBuilder) -> Answer {
    read(call.send().await.unwrap()).await
}

pub async fn read(response: Response) -> Answer {
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

pub fn message(text: &str) -> Value {
    json!({"message": text})
}

//! A factory of our own, running on a free port.
#![allow(dead_code, clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use factory::{FactoryConfig, FactoryError, Mail, SeedVendor};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const KEY: &str = "key-of-pizzeria-one";
pub const OTHER_KEY: &str = "key-of-pizzeria-two";
pub const ADMIN_KEY: &str = "key-of-the-boss";

/// How a factory differs from others.
type Change = fn(&mut FactoryConfig);

pub struct Running {
    pub address: SocketAddr,
    pub http: reqwest::Client,
    dir: Arc<TempDir>,
    change: Change,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), FactoryError>>,
}

/// A status and a JSON body.
pub type Answer = (u16, Value);

impl Running {
    pub async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    pub async fn start_with(change: Change) -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().unwrap()), change).await
    }

    async fn start_in(dir: Arc<TempDir>, change: Change) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = FactoryConfig::new(dir.path().join("data"));
        config.oven_delay = Duration::from_millis(20);
        config.seed_vendors = vec![
            vendor("one", "Pizzeria One", KEY),
            vendor("two", "Pizzeria Two", OTHER_KEY),
            vendor("boss", "The Boss", ADMIN_KEY),
        ];
        config.admins = vec!["boss".to_owned()];
        config.mail = Mail::File(dir.path().join("letters"));
        change(&mut config);
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(factory::serve(listener, config, shutdown.clone()));
        Self { address, http: reqwest::Client::new(), dir, change, shutdown, task }
    }

    /// Stops this factory and starts another one on what it left.
    pub async fn restart(self) -> Self {
        let (dir, change) = (self.dir.clone(), self.change);
        self.stop().await;
        Self::start_in(dir, change).await
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

    /// A call with this key and body.
    pub async fn send(&self, method: Method, path: &str, key: &str, body: Value) -> Answer {
        answer(self.http.request(method, self.url(path)).bearer_auth(key).json(&body)).await
    }

    /// A call without a key.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.http.post(self.url(path)).json(&body)).await
    }

    /// The letters with codes that were sent to this vendor.
    pub fn letters(&self, vendor: &str) -> Vec<Value> {
        let letters = std::fs::read_to_string(self.dir.path().join("letters")).unwrap_or_default();
        let letters = letters.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        letters.filter(|letter| letter["vendor"] == vendor).collect()
    }

    /// Asks for a code and waits for the letter it comes in.
    pub async fn code_for(&self, vendor: &str) -> String {
        let before = self.letters(vendor).len();
        assert_eq!(self.post("/api/vendor/code", json!({"id": vendor})).await.0, 200);
        loop {
            if let Some(letter) = self.letters(vendor).get(before) {
                return letter["code"].as_str().unwrap().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Registers a vendor and signs it in; its key.
    pub async fn register(&self, vendor: Value) -> String {
        let id = vendor["id"].as_str().unwrap().to_owned();
        let (status, said) = self.post("/api/vendor", vendor).await;
        assert_eq!(status, 200, "{said}");
        let code = self.code_for(&id).await;
        let (status, said) = self.post("/api/vendor/auth", json!({"id": id, "code": code})).await;
        assert_eq!(status, 200, "{said}");
        said["apiKey"].as_str().unwrap().to_owned()
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

/// Reads the answer. Of an error it checks the members of RFC 9457 and takes them off, so that
/// tests see the rest.
pub async fn read(response: Response) -> Answer {
    let status = response.status().as_u16();
    let path = response.url().path().to_owned();
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let body = response.bytes().await.unwrap();
    let mut body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    if status >= 400 {
        let instance = if path.starts_with("/api/support") { "/api/support" } else { &path };
        assert_eq!(body["detail"], body["message"]);
        assert!(!body["title"].as_str().unwrap().is_empty());
        let rest = [("type", json!("about:blank")), ("status", json!(status)), ("instance", json!(instance))];
        for (member, value) in rest {
            assert_eq!(body[member], value);
        }
        let members = body.as_object_mut().unwrap();
        members.retain(|name, _| !["type", "title", "status", "detail", "instance"].contains(&name.as_str()));
    }
    (status, body)
}

pub fn message(text: &str) -> Value {
    json!({"message": text})
}

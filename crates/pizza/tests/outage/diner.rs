//! Diners who order steadily, whatever happens, and remember every answer.

use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use test_kit::{Account, Installation};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Longer than any answer may take; after it a diner takes the connection for broken.
const PATIENCE: Duration = Duration::from_secs(20);
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Somebody who is signed in.
pub struct Diner {
    pub token: String,
    pub password: String,
    service: String,
    store: (i64, i64),
    http: Client,
}

/// An order that was acknowledged: from then on the service owes a pizza.
#[derive(Clone)]
pub struct Acknowledged {
    pub diner: Arc<Diner>,
    /// Its `Idempotency-Key`.
    pub key: String,
    pub menu_id: u64,
    pub order_id: i64,
    /// When the request that was acknowledged began, and when it was answered.
    pub begun: Instant,
    pub answered: Instant,
    pub answer: Answer,
    /// What the same request was answered before.
    pub errors: Vec<Answer>,
    /// How often its connection broke before.
    pub broken: u32,
}

/// An answer of the service.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub location: Option<String>,
    pub retry_after: Option<String>,
    pub text: String,
    pub body: Value,
}

impl Diner {
    /// Opens an account.
    pub async fn register(installation: &Installation, name: &str) -> Arc<Self> {
        let password = format!("canary-password-of-{name}");
        let person = json!({ "name": name, "email": format!("{name}@jwt.com"), "password": password });
        let http = client();
        let answer = Answer::to(http.post(installation.url("/api/auth")).json(&person)).await.unwrap();
        Self::signed_in(installation, http, &answer, &password)
    }

    /// Logs in.
    pub async fn login(installation: &Installation, account: Account) -> Arc<Self> {
        let who = json!({ "email": account.email, "password": account.password });
        let http = client();
        let answer = Answer::to(http.put(installation.url("/api/auth")).json(&who)).await.unwrap();
        Self::signed_in(installation, http, &answer, account.password)
    }

    fn signed_in(installation: &Installation, http: Client, answer: &Answer, password: &str) -> Arc<Self> {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let (franchise, store) = installation.store();
        Arc::new(Self {
            token: answer.body["token"].as_str().unwrap().to_owned(),
            password: password.to_owned(),
            service: installation.url(""),
            store: (franchise.0, store.0),
            http,
        })
    }

    /// Orders once every interval until told to stop, however the earlier orders fare, and answers when the
    /// last of them is acknowledged.
    pub async fn order_steadily(
        self: Arc<Self>,
        name: String,
        every: Duration,
        stop: CancellationToken,
    ) -> Vec<Acknowledged> {
        let mut orders = Vec::new();
        let mut beat = tokio::time::interval(every);
        while !stop.is_cancelled() {
            beat.tick().await;
            let diner = Arc::clone(&self);
            let key = format!("{name}-{}", orders.len());
            let menu_id = orders.len() as u64 % 5 + 1;
            orders.push(tokio::spawn(diner.order(key, menu_id)));
        }
        let mut acknowledged = Vec::new();
        for order in orders {
            acknowledged.push(order.await.unwrap());
        }
        acknowledged
    }

    /// Orders one pizza: the same request with the same key again and again, until it is acknowledged.
    pub async fn order(self: Arc<Self>, key: String, menu_id: u64) -> Acknowledged {
        let (mut errors, mut broken) = (Vec::new(), 0);
        loop {
            let begun = Instant::now();
            match Answer::to(self.order_request(&key, menu_id)).await {
                Err(_) => broken += 1,
                Ok(answer) if matches!(answer.status.as_u16(), 200 | 202) => {
                    let order_id = answer.body["order"]["id"].as_i64().unwrap();
                    let (diner, answered) = (self, Instant::now());
                    return Acknowledged {
                        diner,
                        key,
                        menu_id,
                        order_id,
                        begun,
                        answered,
                        answer,
                        errors,
                        broken,
                    };
                }
                Ok(answer) => {
                    assert!(answer.status.is_server_error(), "order {key} was refused: {answer:?}");
                    errors.push(answer);
                }
            }
            sleep(AGAIN_AFTER).await;
        }
    }

    /// `POST /api/order`.
    pub fn order_request(&self, key: &str, menu_id: u64) -> RequestBuilder {
        let (franchise, store) = self.store;
        let order = json!({ "franchiseId": franchise, "storeId": store, "items": [{ "menuId": menu_id }] });
        self.request(self.http.post(self.url("/api/order"))).header("Idempotency-Key", key).json(&order)
    }

    /// `GET` of a path, signed in.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(self.http.get(self.url(path)))).await.unwrap()
    }

    /// Any call at all, without a session.
    pub fn anonymous(&self) -> &Client {
        &self.http
    }

    /// Where a path of the service is.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.service)
    }

    fn request(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(&self.token)
    }
}

impl Answer {
    /// Sends, and reads all of the answer. An error means that there was none.
    pub async fn to(request: RequestBuilder) -> Result<Self, reqwest::Error> {
        let response = request.send().await?;
        let header =
            |name| response.headers().get(name).and_then(|value| Some(value.to_str().ok()?.to_owned()));
        let (location, retry_after) = (header("location"), header("retry-after"));
        let status = response.status();
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        Ok(Self { status, location, retry_after, text, body })
    }
}

/// A client that goes straight to the loopback, whatever proxy the machine has.
pub fn client() -> Client {
    Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

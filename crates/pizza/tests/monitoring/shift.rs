//! A shift in which a bit of everything happens: diners order, somebody mistypes a password, the factory fails until
//! the queue is full, and comes back.

use factory_api::{ChaosKind, ChaosRequest};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use test_kit::Installation;
use tokio::time::{interval, sleep};

/// Everything faster than in real life, and a queue that is full in no time.
pub const SETTINGS: [(&str, &str); 11] = [
    ("circuit.open", "300ms"),
    ("circuit.open_max", "1s"),
    ("circuit.window", "3s"),
    ("fulfilment.backoff", "100ms"),
    ("fulfilment.backoff_max", "500ms"),
    ("fulfilment.poll", "100ms"),
    ("fulfilment.fulfil_within", "2s"),
    ("alerts.speed", "10"),
    ("orders.queue_limit", "10"),
    ("auth.login_failures_per_minute", "2"),
    ("metrics.max_franchises", "10"),
];

const ORDER_EVERY: Duration = Duration::from_millis(250);
const HEALTHY: Duration = Duration::from_secs(8);
const OUTAGE: Duration = Duration::from_secs(8);
const AFTERWARDS: Duration = Duration::from_secs(8);
/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Works the shift, and answers with the statuses that orders were answered with.
pub async fn work(installation: &Installation) -> Vec<StatusCode> {
    let http = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let admin = installation.admin();
    mistype(installation, &http, admin.email).await;
    let token = register(installation, &http).await;
    let mut orders = Vec::new();
    let begun = Instant::now();
    let mut chaos = false;
    let mut beat = interval(ORDER_EVERY);
    while begun.elapsed() < HEALTHY + OUTAGE + AFTERWARDS {
        beat.tick().await;
        if !chaos && begun.elapsed() > HEALTHY {
            chaos = true;
            start_chaos(installation, &http).await;
        }
        let order = order(installation, &http, &token);
        orders.push(tokio::spawn(async move { order.send().await.unwrap().status() }));
        let menu = http.get(installation.url("/api/order/menu")).send().await.unwrap();
        assert_eq!(menu.status(), StatusCode::OK);
    }
    let mut statuses = Vec::new();
    for order in orders {
        statuses.push(order.await.unwrap());
    }
    drained(installation, &http).await;
    statuses
}

async fn mistype(installation: &Installation, http: &Client, email: &str) {
    for _ in 0..4 {
        let who = json!({ "email": email, "password": "not the password" });
        let answer = http.put(installation.url("/api/auth")).json(&who).send().await.unwrap();
        assert!(answer.status().is_client_error());
        // So that there is a scrape between, and the counters are seen to move.
        sleep(Duration::from_millis(600)).await;
    }
}

async fn register(installation: &Installation, http: &Client) -> String {
    let person = json!({ "name": "ada", "email": "ada@jwt.com", "password": "a password of some length" });
    let answer = http.post(installation.url("/api/auth")).json(&person).send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    body["token"].as_str().unwrap().to_owned()
}

fn order(installation: &Installation, http: &Client, token: &str) -> RequestBuilder {
    let (franchise, store) = installation.store();
    let order = json!({ "franchiseId": franchise.0, "storeId": store.0, "items": [{ "menuId": 1 }] });
    http.post(installation.url("/api/order")).bearer_auth(token).json(&order)
}

async fn start_chaos(installation: &Installation, http: &Client) {
    let url = installation.factory_url(&format!("/api/vendor/chaos/{}", ChaosKind::Fail));
    let window = ChaosRequest { duration_seconds: Some(OUTAGE.as_secs()), ..ChaosRequest::default() };
    let answer = http.put(url).bearer_auth(installation.vendor().1).json(&window).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

async fn drained(installation: &Installation, http: &Client) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status: Value =
            http.get(installation.url("/api/status")).send().await.unwrap().json().await.unwrap();
        if status["queueDepth"] == 0 && status["kitchen"] == "open" {
            return;
        }
        assert!(Instant::now() < deadline, "the backlog is not drained: {status}");
        sleep(Duration::from_millis(100)).await;
    }
}

//! SIGTERM, at bad moments.

use crate::{demo::Demo, pizza};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_kit::{Process, free_port};

#[tokio::test]
async fn sigterm_ends_the_program_while_somebody_watches_an_order() {
    let folder = TempDir::new().unwrap();
    let demo = Demo::start(folder.path()).await;
    let token = demo.token("d@jwt.com", "diner").await;
    demo.chaos(&["start", "fail", "--for", "10m"]).await;
    let (_, ordered) = demo.order(&token).await;
    let url = format!("{}/api/order/{}/events", demo.service, ordered["order"]["id"]);
    let mut events = demo.http.get(url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(events.status(), StatusCode::OK);
    assert!(events.chunk().await.unwrap().is_some(), "no event of an order that was placed");
    let watching = tokio::spawn(async move { while let Ok(Some(_)) = events.chunk().await {} });
    demo.ends_cleanly().await;
    // The stream was ended too, rather than left hanging.
    watching.await.unwrap();
}

#[tokio::test]
async fn sigterm_ends_serve_while_somebody_watches_an_order_and_factory_while_it_holds_a_call() {
    let folder = TempDir::new().unwrap();
    Demo::start(folder.path()).await.ends_cleanly().await;
    let [port, factory_port] = [free_port().unwrap(), free_port().unwrap()];
    let [service, factory_url] = [port, factory_port].map(|port| format!("http://127.0.0.1:{port}"));
    let mut factory = pizza(&["factory", "--vendor", "demo:demo-key", "--port", &factory_port.to_string()]);
    factory.arg("--data").arg(folder.path().join("data/factory"));
    let mut factory = Process::spawn("factory", factory, folder.path().join("factory.log")).unwrap();
    factory.answers(&format!("{factory_url}/livez")).await.unwrap();
    let mut serve = pizza(&["serve", "--port", &port.to_string(), "--factory-url", &factory_url]);
    serve.arg("--database").arg(folder.path().join("data/pizza.db"));
    serve.env("PIZZA_FACTORY__API_KEY", "demo-key").env("PIZZA_HTTP__SHUTDOWN_GRACE", "2s");
    let mut serve = Process::spawn("serve", serve, folder.path().join("serve.log")).unwrap();
    serve.answers(&format!("{service}/readyz")).await.unwrap();

    let http = Client::builder().no_proxy().build().unwrap();
    let chaos = http.put(format!("{factory_url}/api/vendor/chaos/throttle")).bearer_auth("demo-key");
    let chaos = chaos.json(&json!({ "delaySeconds": 60 })).send().await.unwrap();
    assert_eq!(chaos.status(), StatusCode::OK);
    let who = json!({ "email": "d@jwt.com", "password": "diner" });
    let login: Value =
        http.put(format!("{service}/api/auth")).json(&who).send().await.unwrap().json().await.unwrap();
    let token = login["token"].as_str().unwrap();
    let order = json!({ "franchiseId": 1, "storeId": 1, "items": [{ "menuId": 1 }] });
    let order = http.post(format!("{service}/api/order")).bearer_auth(token).json(&order);
    let ordered: Value = order.header("Prefer", "respond-async").send().await.unwrap().json().await.unwrap();
    let id = &ordered["order"]["id"];
    let mut events =
        http.get(format!("{service}/api/order/{id}/events")).bearer_auth(token).send().await.unwrap();
    assert!(events.chunk().await.unwrap().is_some());

    let status = serve.terminate().await.unwrap();
    assert!(status.success(), "serve ended with {status}");
    let status = factory.terminate().await.unwrap();
    assert!(status.success(), "factory ended with {status}");
}

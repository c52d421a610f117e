//! How a vendor gets its key, and nobody else does.
#![allow(clippy::unwrap_used)]

mod running;

use reqwest::Method;
use running::{KEY, Running, message};
use serde_json::{Value, json};

async fn sign_in(factory: &Running, id: &str, code: &str) -> (u16, Value) {
    factory.post("/api/vendor/auth", json!({"id": id, "code": code})).await
}

fn invalid() -> (u16, Value) {
    (401, message("Invalid code"))
}

#[tokio::test]
async fn the_code_in_the_letter_gives_the_vendor_its_key_once() {
    let factory = Running::start().await;
    factory.post("/api/vendor", json!({"id": "new", "email": "new@new.test"})).await;
    let code = factory.code_for("new").await;
    assert_eq!(factory.letters("new")[0]["to"], "new@new.test");

    assert_eq!(sign_in(&factory, "one", &code).await, invalid());
    let call = factory.http.post(factory.url("/api/vendor/auth")).json(&json!({"id": "new", "code": code}));
    let response = call.send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    let (status, mut vendor) = running::read(response).await;
    assert_eq!(status, 200);
    let key = vendor.as_object_mut().unwrap().remove("apiKey").unwrap();
    let key = key.as_str().unwrap();
    assert_eq!(key.len(), 32);
    assert_eq!(factory.send(Method::GET, "/api/vendor", key, json!({})).await, (200, vendor));
    let ordered = factory.send(Method::POST, "/api/order", key, running::order(1)).await;
    assert_eq!(ordered.0, 200);

    assert_eq!(sign_in(&factory, "new", &code).await, invalid());
}

#[tokio::test]
async fn the_key_is_the_same_each_time_and_after_a_restart() {
    let factory = Running::start().await;
    let key = factory.register(json!({"id": "new"})).await;
    let factory = factory.restart().await;
    let code = factory.code_for("new").await;
    assert_eq!(sign_in(&factory, "new", &code).await.1["apiKey"], key.as_str());
}

#[tokio::test]
async fn a_configured_vendor_gets_a_key_beside_the_configured_one() {
    let factory = Running::start().await;
    let code = factory.code_for("one").await;
    let (_, vendor) = sign_in(&factory, "one", &code.to_lowercase()).await;
    let key = vendor["apiKey"].as_str().unwrap();
    assert_ne!(key, KEY);
    for key in [key, KEY] {
        assert_eq!(factory.send(Method::GET, "/api/vendor", key, json!({})).await.1["id"], "one");
    }
}

#[tokio::test]
async fn nobody_can_tell_from_asking_whether_there_is_a_vendor() {
    let factory = Running::start().await;
    factory.post("/api/vendor", json!({"id": "new", "email": "new@new.test"})).await;
    let ask = |id: &str| factory.post("/api/vendor/code", json!({"id": id}));
    let (known, unknown) = (ask("new").await, ask("nobody").await);
    assert_eq!(known, unknown);
    assert_eq!(known.0, 200);
    assert!(known.1["message"].is_string() && known.1["email"].is_string());
    assert!(!known.1.to_string().contains("new"));
    assert_eq!(sign_in(&factory, "new", "WRONG").await, sign_in(&factory, "nobody", "WRONG").await);
    assert!(factory.letters("nobody").is_empty());
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let factory = Running::start().await;
    let missing = (400, message("Missing param. Must have ID"));
    for body in [json!({}), json!({"id": 5}), json!([])] {
        assert_eq!(factory.post("/api/vendor/code", body).await, missing);
    }
    for body in [json!({}), json!({"id": "one"}), json!({"code": "X"}), json!({"id": "one", "code": 5})] {
        assert_eq!(factory.post("/api/vendor/auth", body).await, invalid());
    }
}

#[tokio::test]
async fn a_code_cannot_be_guessed_and_nobodys_letter_box_is_filled() {
    let factory = Running::start().await;
    let code = factory.code_for("one").await;
    for guess in 0..10 {
        assert_eq!(sign_in(&factory, "one", &format!("GUESS{guess}")).await, invalid());
    }
    assert_eq!(sign_in(&factory, "one", &code).await, invalid(), "the tries were not limited");
    for _ in 0..5 {
        assert_eq!(factory.post("/api/vendor/code", json!({"id": "one"})).await.0, 200);
    }
    let factory = factory.restart().await;
    assert_eq!(factory.letters("one").len(), 1, "each question was a letter");
    assert_eq!(sign_in(&factory, "one", &code).await, invalid());
}

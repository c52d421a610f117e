//! The circuit by hand.

use super::{FOR_EVER, closed_kitchen};
use serde_json::{Value, json};
use test_kit::{Answer, TestApp};

fn events(circuit: &Value) -> Vec<&str> {
    circuit["history"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_admin_sees_why_the_circuit_opened() {
    let (app, _, _) = closed_kitchen(|_| {}).await;
    let circuit = app.admin().await.get("/api/admin/circuit").await.expect(200);
    assert_eq!((&circuit["state"], &circuit["mode"]), (&json!("open"), &json!("automatic")));
    assert!(circuit["reopenAt"].is_string() && circuit["since"].is_string(), "{}", circuit.text);
    assert_eq!(events(&circuit.body), ["opened"]);
    let opened = &circuit["history"][0];
    assert_eq!(opened["detail"], "1 calls failed in a row");
    assert_eq!(opened["generation"], circuit["generation"]);
}

#[tokio::test]
async fn a_circuit_that_is_forced_open_sends_nothing_until_it_is_given_back() {
    let app = TestApp::start(|_| {}).await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    let forced = json!({ "mode": "forced_open", "reason": "the factory asked us to" });
    let circuit = admin.put("/api/admin/circuit", &forced).await.expect(200);
    assert_eq!((&circuit["state"], &circuit["mode"]), (&json!("open"), &json!("forced_open")));
    assert_eq!(diner.kitchen().await, "closed");
    let order = diner.order(&[1]).await.expect(202).order_id();
    assert_eq!(app.factory.calls().len(), 0);

    let back = json!({ "mode": "automatic", "reason": "they are done" });
    admin.put("/api/admin/circuit", &back).await.expect(200);
    diner.wait_for(order, "fulfilled").await;
    let circuit = admin.get("/api/admin/circuit").await.expect(200);
    assert_eq!(circuit["mode"], "automatic");
    let mut events = events(&circuit.body);
    events.reverse();
    assert_eq!(events[..2], ["mode_changed", "mode_changed"]);
}

#[tokio::test]
async fn a_circuit_that_is_forced_closed_stays_closed_whatever_fails() {
    let app = TestApp::start(|config| {
        super::touchy(config);
        config.circuit.open = FOR_EVER;
        config.circuit.open_max = FOR_EVER;
    })
    .await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    let forced = json!({ "mode": "forced_closed", "reason": "we know better" });
    admin.put("/api/admin/circuit", &forced).await.expect(200);
    app.factory.always(Answer::Status(500));
    let order = diner.order(&[1]).await.expect(202).order_id();
    assert_eq!(diner.kitchen().await, "open");
    app.factory.always(Answer::Pizza);
    diner.wait_for(order, "fulfilled").await;
}

#[tokio::test]
async fn taking_over_needs_a_known_mode_and_a_reason() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    for body in [
        json!({ "mode": "forced_open" }),
        json!({ "mode": "forced_open", "reason": " " }),
        json!({ "mode": "forced_open", "reason": "x".repeat(501) }),
        json!({ "mode": "broken", "reason": "x" }),
        json!({ "reason": "x" }),
    ] {
        let reply = admin.put("/api/admin/circuit", &body).await.expect(400);
        assert!(!reply.message().is_empty(), "{body}");
    }
    assert_eq!(admin.get("/api/admin/circuit").await["mode"], "automatic");
}

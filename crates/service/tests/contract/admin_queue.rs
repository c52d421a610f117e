//! The queue, as the on-call engineer works on it.

use super::{closed_kitchen, patient};
use serde_json::{Value, json};
use test_kit::{Answer, Diner, TestApp, eventually};

fn ids(page: &Value) -> Vec<i64> {
    page["orders"].as_array().unwrap().iter().map(|order| order["id"].as_i64().unwrap()).collect()
}

/// An order that waits for a person, in a kitchen that is open.
async fn quarantined() -> (TestApp, Diner, i64) {
    let app = TestApp::start(|config| {
        patient(config);
        config.fulfilment.quarantine_after = 1;
    })
    .await;
    app.factory.for_menu_item(5, Answer::Status(500));
    let (admin, diner) = (app.admin().await, app.diner().await);
    diner.order(&[1]).await.expect(200);
    let poison = diner.order(&[5]).await.expect(202).order_id();
    eventually("it is in quarantine", async || {
        let page = admin.get("/api/admin/queue?state=quarantined").await.expect(200);
        (ids(&page.body) == [poison]).then_some(())
    })
    .await;
    (app, diner, poison)
}

#[tokio::test]
async fn an_admin_sees_what_waits_oldest_first() {
    let (app, diner, first) = closed_kitchen(|_| {}).await;
    let second = diner.order_without_waiting(&[2]).await;
    let admin = app.admin().await;
    let page = admin.get("/api/admin/queue").await.expect(200);
    assert_eq!(ids(&page.body), [first, second]);
    for (member, value) in [
        ("paused", json!(false)),
        ("queued", json!(2)),
        ("making", json!(0)),
        ("quarantined", json!(0)),
        ("state", json!("queued")),
        ("page", json!(1)),
        ("more", json!(false)),
    ] {
        assert_eq!(page[member], value, "{member}");
    }
    let order = &page["orders"][0];
    let who = diner.get("/api/user/me").await["id"].clone();
    assert_eq!(
        (&order["dinerId"], &order["status"], &order["items"][0]["menuId"]),
        (&who, &json!("queued"), &json!(1))
    );
    assert!(order["attempts"].as_u64().unwrap() >= 1);
    assert!(order["reason"].as_str().unwrap().contains("status"), "{order}");

    assert_eq!(ids(&admin.get("/api/admin/queue?state=queued&page=2").await.expect(200).body), [0; 0]);
    assert_eq!(ids(&admin.get("/api/admin/queue?state=making").await.expect(200).body), [0; 0]);
}

#[tokio::test]
async fn only_states_in_which_orders_wait_can_be_listed() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    for state in ["fulfilled", "rejected", "cancelled", "nonsense", ""] {
        let reply = admin.get(&format!("/api/admin/queue?state={state}")).await.expect(400);
        assert_eq!(reply.message(), "state must be queued, making or quarantined");
    }
    let page = admin.get("/api/admin/queue?page=-1").await.expect(200);
    assert_eq!(page["page"], 1);
}

#[tokio::test]
async fn an_order_in_quarantine_is_redriven_once() {
    let (app, diner, poison) = quarantined().await;
    let admin = app.admin().await;
    let page = admin.get("/api/admin/queue?state=quarantined").await.expect(200);
    assert_eq!(page["orders"][0]["status"], "quarantined");
    assert_eq!(page["quarantined"], 1);

    app.factory.for_menu_item(5, Answer::Pizza);
    let path = format!("/api/admin/queue/{poison}/redrive");
    let redriven = admin.post(&path, &json!({})).await.expect(200);
    assert_eq!(redriven.body, json!({ "message": "order queued again" }));
    diner.wait_for(poison, "fulfilled").await;
    let again = admin.post(&path, &json!({})).await.expect(409);
    assert_eq!(again.message(), "the order is fulfilled, not quarantined");
    for nothing in ["/api/admin/queue/999/redrive", "/api/admin/queue/nonsense/redrive"] {
        assert_eq!(admin.post(nothing, &json!({})).await.expect(404).message(), "unknown order");
    }
}

#[tokio::test]
async fn an_admin_cancels_an_order_that_is_not_being_made() {
    let (app, diner, poison) = quarantined().await;
    let admin = app.admin().await;
    let path = format!("/api/admin/queue/{poison}/cancel");
    let cancelled = admin.post(&path, &json!({})).await.expect(200);
    assert_eq!(cancelled.body, json!({ "message": "order cancelled" }));
    assert_eq!(diner.look_at(poison).await["status"], "cancelled");
    let again = admin.post(&path, &json!({})).await.expect(409);
    assert_eq!(again.message(), "the order is cancelled and cannot be cancelled any more");
    assert_eq!(
        admin.post("/api/admin/queue/999/cancel", &json!({})).await.expect(404).message(),
        "unknown order"
    );
}

#[tokio::test]
async fn a_paused_backlog_waits_while_new_orders_are_made() {
    let app = TestApp::start(|config| {
        patient(config);
        config.fulfilment.retries = 0;
    })
    .await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    let paused = admin.post("/api/admin/queue/pause", &json!({})).await.expect(200);
    assert_eq!(paused.body, json!({ "paused": true }));
    app.factory.next([Answer::Status(500)]);
    let waits = diner.order(&[1]).await.expect(202).order_id();
    diner.wait_for(waits, "queued").await;
    for _ in 0..3 {
        diner.order(&[2]).await.expect(200);
    }
    assert_eq!(admin.get("/api/admin/queue").await["paused"], true);
    assert_eq!(diner.look_at(waits).await["status"], "queued");
    assert_eq!(app.factory.calls_for(waits).len(), 1);

    let resumed = admin.post("/api/admin/queue/resume", &json!({})).await.expect(200);
    assert_eq!(resumed.body, json!({ "paused": false }));
    diner.wait_for(waits, "fulfilled").await;
}

#[tokio::test]
async fn a_paused_backlog_does_not_keep_a_closed_kitchen_closed() {
    let app = TestApp::start(super::touchy).await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    admin.post("/api/admin/queue/pause", &json!({})).await.expect(200);
    app.factory.always(Answer::Status(500));
    diner.order(&[1]).await.expect(202);
    diner.wait_for_kitchen("closed").await;
    app.factory.always(Answer::Pizza);
    diner.wait_for_kitchen("open").await;
}

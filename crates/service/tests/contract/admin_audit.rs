//! Every administrative act is recorded, with who, what, whom and the request.

use super::closed_kitchen;
use serde_json::{Value, json};
use test_kit::{Reply, TestApp, Visitor};

async fn entries(admin: &Visitor) -> Vec<Value> {
    let page = admin.get("/api/admin/audit").await.expect(200);
    page["entries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_administrative_act_is_recorded() {
    let (app, diner, order) = closed_kitchen(|_| {}).await;
    let admin = app.admin().await;
    let me = admin.get("/api/user/me").await["id"].clone();
    let kai = app.visitor().register("Kai", "kai@jwt.com", "secret").await.expect(200)["user"]["id"].clone();
    let empty = json!({});
    let change = json!({ "name": "Kai Chen", "password": "a-canary-password" });
    let pizza = json!({ "title": "Student", "price": 0.0001 });
    let forced = json!({ "mode": "forced_closed", "reason": "we know better" });
    let acts: Vec<(Reply, &str, String, Value)> = vec![
        (
            admin.put(&format!("/api/user/{kai}"), &change).await,
            "user.update",
            format!("user {kai}"),
            json!("name, password"),
        ),
        (admin.delete(&format!("/api/user/{kai}")).await, "user.delete", format!("user {kai}"), Value::Null),
        (
            admin.put("/api/order/menu", &pizza).await,
            "menu.add",
            "pizza Student".into(),
            json!("0.0001 bitcoin"),
        ),
        (
            admin.found_franchise("calzone", &[]).await,
            "franchise.create",
            "franchise 2".into(),
            json!("calzone"),
        ),
        (admin.open_store(2, "Provo").await, "store.create", "store 2".into(), json!("Provo, franchise 2")),
        (admin.close_store(2, 2).await, "store.delete", "store 2".into(), json!("franchise 2")),
        (admin.delete_franchise(2).await, "franchise.delete", "franchise 2".into(), Value::Null),
        (
            admin.put("/api/order/chaos/true", &empty).await,
            "chaos.begin",
            "factory calls".into(),
            Value::Null,
        ),
        (admin.put("/api/order/chaos/false", &empty).await, "chaos.end", "factory calls".into(), Value::Null),
        (admin.post("/api/admin/queue/pause", &empty).await, "queue.pause", "queue".into(), Value::Null),
        (
            admin.post(&format!("/api/admin/queue/{order}/cancel"), &empty).await,
            "order.cancel",
            format!("order {order}"),
            Value::Null,
        ),
        (admin.post("/api/admin/queue/resume", &empty).await, "queue.resume", "queue".into(), Value::Null),
        (
            admin.put("/api/admin/circuit", &forced).await,
            "circuit.force_closed",
            "circuit".into(),
            json!("we know better"),
        ),
    ];
    let mut recorded = entries(&admin).await;
    assert!(!format!("{recorded:?}").contains("canary"));
    recorded.reverse();
    assert_eq!(recorded.len(), acts.len(), "{recorded:#?}");
    for (entry, (reply, action, subject, detail)) in recorded.iter().zip(acts) {
        assert_eq!(reply.status, 200, "{action}: {}", reply.text);
        assert_eq!((&entry["action"], &entry["subject"]), (&json!(action), &json!(subject)));
        assert_eq!(
            (&entry["actorId"], entry.get("detail").cloned().unwrap_or_default()),
            (&me, detail),
            "{action}"
        );
        assert_eq!(entry["requestId"], reply.header("x-request-id").unwrap(), "{action}");
        assert!(entry["at"].is_string());
    }
    drop(diner);
}

#[tokio::test]
async fn what_was_refused_or_changed_nothing_is_not_recorded() {
    let app = TestApp::start(|_| {}).await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    diner.put("/api/order/menu", &json!({ "title": "Student", "price": 0.0001 })).await.expect(403);
    admin.delete_franchise(99).await.expect(200);
    admin.close_store(1, 99).await.expect(200);
    admin.post("/api/admin/queue/99/redrive", &json!({})).await.expect(404);
    admin.found_franchise("pizzaPocket", &[]).await.expect(409);
    let id = diner.get("/api/user/me").await["id"].clone();
    diner.put(&format!("/api/user/{id}"), &json!({ "name": "Kai" })).await.expect(200);
    assert_eq!(entries(&admin).await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_franchisee_s_stores_are_recorded_under_their_name() {
    let app = TestApp::start(|_| {}).await;
    let franchisee = app.franchisee().await;
    franchisee.open_store(1, "Provo").await.expect(200);
    let admin = app.admin().await;
    let recorded = entries(&admin).await;
    assert_eq!(recorded[0]["actorId"], franchisee.get("/api/user/me").await["id"]);
}

#[tokio::test]
async fn the_log_comes_in_pages_newest_first() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    for _ in 0..51 {
        admin.post("/api/admin/queue/pause", &json!({})).await.expect(200);
    }
    admin.post("/api/admin/queue/resume", &json!({})).await.expect(200);
    let first = admin.get("/api/admin/audit?page=1").await.expect(200);
    assert_eq!((first["entries"].as_array().unwrap().len(), &first["page"]), (50, &json!(1)));
    assert_eq!(first["entries"][0]["action"], "queue.resume");
    let second = admin.get("/api/admin/audit?page=2").await.expect(200);
    assert_eq!(second["entries"].as_array().unwrap().len(), 2);
    assert_eq!(admin.get("/api/admin/audit?page=0").await.expect(200)["page"], 1);
}

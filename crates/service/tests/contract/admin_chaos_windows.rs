//! Planned chaos windows.

use serde_json::{Value, json};
use test_kit::{Admin, TestApp};

fn outage() -> Value {
    json!({ "from": "2025-12-02T10:10:00Z", "to": "2025-12-02T10:22:00Z", "kind": "fail", "reason": "a drill" })
}

/// The same, with other members.
fn outage_with(members: &Value) -> Value {
    let mut window = outage();
    for (name, value) in members.as_object().unwrap() {
        window[name] = value.clone();
    }
    window
}

async fn plan(admin: &Admin, window: &Value) -> test_kit::Reply {
    admin.post("/api/admin/chaos-windows", window).await
}

#[tokio::test]
async fn a_window_is_planned_listed_and_taken_away_and_that_is_on_record() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let later = soon + jiff::SignedDuration::from_hours(1);
    let window = json!({ "from": soon, "to": later, "kind": " throttle ", "severity": "ticket" });
    let planned = plan(&admin, &window).await.expect(201);
    assert_eq!(
        (&planned["kind"], &planned["reason"], &planned["severity"]),
        (&json!("throttle"), &json!(""), &json!("ticket"))
    );
    assert_eq!(planned["plannedBy"], admin.get("/api/user/me").await["id"]);
    let listed = admin.get("/api/admin/chaos-windows").await.expect(200);
    assert_eq!(listed["chaosWindows"][0]["id"], planned["id"]);

    let path = format!("/api/admin/chaos-windows/{}", planned["id"]);
    assert_eq!(admin.delete(&path).await.expect(200).message(), "chaos window deleted");
    admin.delete(&path).await.expect(404);
    assert_eq!(admin.get("/api/admin/chaos-windows").await.expect(200)["chaosWindows"], json!([]));
    let audit = admin.get("/api/admin/audit").await.expect(200);
    let acts: Vec<_> =
        audit["entries"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(acts, ["chaos_window.delete", "chaos_window.plan"]);
}

#[tokio::test]
async fn a_window_may_lie_in_the_past() {
    let app = TestApp::start(|_| {}).await;
    let planned = plan(&app.admin().await, &outage()).await.expect(201);
    assert_eq!(
        (&planned["from"], &planned["to"]),
        (&json!("2025-12-02T10:10:00Z"), &json!("2025-12-02T10:22:00Z"))
    );
    assert!(planned.body.get("severity").is_none(), "{}", planned.text);
}

#[tokio::test]
async fn a_window_has_bounds() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    for members in [
        json!({ "to": "2025-12-02T10:10:00Z" }),
        json!({ "to": "2025-12-02T10:09:59Z" }),
        json!({ "to": "2025-12-09T10:10:01Z" }),
        json!({ "from": "-009999-01-01T00:00:00Z", "to": "9999-12-30T00:00:00Z" }),
        json!({ "from": "yesterday" }),
        json!({ "kind": "" }),
        json!({ "kind": "   " }),
        json!({ "kind": "x".repeat(41) }),
        json!({ "reason": "x".repeat(501) }),
        json!({ "severity": "critical" }),
        json!({ "surprise": true }),
    ] {
        let refused = plan(&admin, &outage_with(&members)).await.expect(400);
        assert!(!refused.message().is_empty(), "{members}");
    }
    for members in [
        json!({ "to": "2025-12-09T10:10:00Z" }),
        json!({ "kind": "x".repeat(40), "reason": "é".repeat(500) }),
    ] {
        plan(&admin, &outage_with(&members)).await.expect(201);
    }
    for id in ["0", "x", "99"] {
        admin.delete(&format!("/api/admin/chaos-windows/{id}")).await.expect(404);
    }
}

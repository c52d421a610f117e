//! API5:2023 Broken function level authorization: what only some may call.

use crate::{Operation, claims_of_the_diner, forged};
use reqwest::Method;
use serde_json::json;
use test_kit::{JWT_SECRET, TestApp, Visitor};

/// What only an admin may call, by the contract, outside `/api/admin`.
const ADMIN_ONLY: [&str; 7] = [
    "DELETE /api/franchise/{id}",
    "DELETE /api/order/menu/{id}",
    "GET /api/user",
    "POST /api/franchise",
    "PUT /api/order/chaos/{state}",
    "PUT /api/order/menu",
    "PUT /api/order/menu/{id}",
];

/// Whatever the document says is for admins, and whatever the contract says is.
#[tokio::test]
async fn administration_by_others() {
    let app = TestApp::start(|_| {}).await;
    let (visitor, diner, franchisee) = (app.visitor(), app.diner().await, app.franchisee().await);
    let mut claims = claims_of_the_diner(&app).await;
    claims["roles"] = json!([{ "role": "admin" }]);
    let climber = forged(&app, JWT_SECRET, &claims).await;
    let mut walked = Vec::new();
    for operation in Operation::all(&app).await {
        let name = operation.name();
        let administrative = operation.path.starts_with("/api/admin/");
        if !administrative && !ADMIN_ONLY.contains(&name.as_str()) {
            let said = operation.about["responses"]["403"]["description"].as_str().unwrap_or_default();
            assert!(!said.contains("Only an admin"), "{name} is for admins: add it to ADMIN_ONLY");
            continue;
        }
        assert!(operation.answers("401") && operation.answers("403"), "the document of {name}");
        let call = async |who: &Visitor| {
            let body =
                json!({ "mode": "forced_open", "reason": "mischief", "title": "x", "name": "x", "price": 1 });
            who.send(who.request(operation.method.clone(), &operation.address()).json(&body)).await
        };
        assert_eq!(call(&visitor).await.expect(401).message(), "unauthorized", "{name}");
        for who in [&*diner, &**franchisee, &climber] {
            let refused = call(who).await;
            assert_eq!(refused.status, 403, "{name}: {}", refused.text);
            assert!(!refused.message().is_empty());
        }
        walked.push(name);
    }
    assert!(ADMIN_ONLY.iter().all(|name| walked.iter().any(|walked| walked == name)), "{walked:?}");
    assert!(walked.iter().filter(|name| name.contains("/api/admin/")).count() >= 8, "{walked:?}");
    nothing_happened(&app).await;
}

async fn nothing_happened(app: &TestApp) {
    let admin = app.admin().await;
    assert_eq!(admin.kitchen().await, "open");
    assert_eq!(admin.get("/api/order/menu").await.body.as_array().unwrap().len(), 5);
    assert_eq!(admin.get("/api/franchise").await["franchises"].as_array().unwrap().len(), 1);
    assert_eq!(admin.get("/api/admin/queue").await["paused"], false);
    assert_eq!(admin.get("/api/admin/audit").await["entries"], json!([]));
}

#[tokio::test]
async fn franchises_deleted_without_a_login() {
    let app = TestApp::start(|_| {}).await;
    assert_eq!(app.visitor().delete("/api/franchise/1").await.expect(401).message(), "unauthorized");
    let franchisee = app.franchisee().await;
    for reply in
        [app.diner().await.delete("/api/franchise/1").await, franchisee.delete("/api/franchise/1").await]
    {
        assert_eq!(reply.expect(403).message(), "unable to delete a franchise");
    }
    let list = app.visitor().get("/api/franchise").await;
    assert_eq!(list["franchises"][0]["name"], "pizzaPocket");
}

#[tokio::test]
async fn roles_from_the_token() {
    let app = TestApp::start(|_| {}).await;
    let mut claims = claims_of_the_diner(&app).await;
    claims["roles"] = json!([{ "role": "admin" }]);
    let climber = forged(&app, JWT_SECRET, &claims).await;
    assert_eq!(climber.get("/api/user/me").await.expect(200)["roles"], json!([{ "role": "diner" }]));
    climber.post("/api/franchise", &json!({ "name": "mine" })).await.expect(403);
    climber.delete("/api/franchise/1").await.expect(403);
    let list = climber.get("/api/franchise").await.expect(200);
    assert!(list["franchises"][0].get("admins").is_none());
}

#[tokio::test]
async fn roles_that_were_taken_away() {
    let app = TestApp::start(|_| {}).await;
    let (admin, franchisee) = (app.admin().await, app.franchisee().await);
    franchisee.open_store(1, "Provo").await.expect(200);
    admin.delete_franchise(1).await.expect(200);
    franchisee.open_store(1, "Lehi").await.expect(403);
}

/// Some frameworks take the method from where a page can write it.
#[tokio::test]
async fn methods_from_a_header_or_the_query() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    for header in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let request = admin.request(Method::GET, "/api/franchise/1").header(header, "DELETE");
        admin.send(request).await.expect(200);
        let request = admin.request(Method::POST, "/api/franchise/1?_method=DELETE").header(header, "DELETE");
        admin.send(request).await.expect(405);
    }
    let list = admin.get("/api/franchise").await;
    assert_eq!(list["franchises"][0]["name"], "pizzaPocket");
}

/// A proxy's rule for `/api/admin` is not ours to rely on, but no other spelling leads there either.
#[tokio::test]
async fn other_spellings_of_a_path() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    for path in [
        "/api/ADMIN/queue",
        "/api//admin/queue",
        "/api/admin/queue/",
        "/API/admin/queue",
        "/api/admin;/queue",
    ] {
        assert_eq!(diner.get(path).await.expect(404).message(), "unknown endpoint", "{path}");
    }
}

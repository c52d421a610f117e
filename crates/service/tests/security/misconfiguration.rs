//! API8:2023 Security misconfiguration: what answers give away, and to whom.

use crate::Operation;
use reqwest::Method;
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use test_kit::{JWT_SECRET, TestApp};

#[tokio::test]
async fn reflected_cors() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    for origin in
        ["https://evil.example", "http://localhost.evil.example", "http://localhost:80.evil.example", "null"]
    {
        for method in [Method::GET, Method::OPTIONS] {
            let request = visitor.request(method, "/api/order/menu").header("origin", origin);
            let reply = visitor.send(request.header("access-control-request-method", "GET")).await;
            assert_eq!(reply.header("access-control-allow-origin"), None, "{origin}");
        }
    }
}

#[tokio::test]
async fn leaked_configuration() {
    let app = TestApp::start(|_| {}).await;
    let docs = app.visitor().get("/api/docs").await.expect(200);
    assert_eq!(docs["config"].as_object().unwrap().len(), 2, "factory and db: {}", docs["config"]);
    for secret in [JWT_SECRET, test_kit::API_KEY, app.config().database.path.to_str().unwrap()] {
        assert!(!docs.text.contains(secret));
    }
    for credential in ["\"password\":\"admin\"", "\"password\":\"diner\"", "a@jwt.com"] {
        assert!(!docs.text.replace('\\', "").contains(credential), "{credential}");
    }
}

#[tokio::test]
async fn stack_traces_and_sql_in_errors() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let lock = app.lock_database();
    let reply = diner.order(&[1]).await.expect(503);
    drop(lock);
    let nothing = "We cannot do that right now. Nothing was changed; please try again.";
    assert_eq!(reply.message(), nothing);
    assert!(reply.header("retry-after").is_some());
    for leak in ["SQL", "sql", "locked", "busy", ".rs", "panicked", "/tmp", "127.0.0.1"] {
        assert!(!reply.text.contains(leak), "{leak} in {}", reply.text);
    }
}

/// Every call with a body, a query and ids that make no sense: whatever it says, it says nothing of how it is made.
#[tokio::test]
async fn internals_in_any_error() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    for operation in Operation::all(&app).await {
        let address = operation.address().replace('1', "%00%27%22x");
        for body in
            [json!(null), json!([]), json!({ "password": 7, "items": "x", "admins": {}, "price": "x" })]
        {
            let request =
                admin.request(operation.method.clone(), &format!("{address}?page=%27&state=%27")).json(&body);
            let reply = admin.send(request).await;
            let name = operation.name();
            assert!(reply.status < 500, "{name}: {} {}", reply.status, reply.text);
            if reply.status >= 400 {
                for leak in [
                    "sqlite",
                    "SELECT",
                    "src/",
                    ".rs",
                    "panicked",
                    "serde",
                    "axum",
                    "service::",
                    "/tmp",
                    "0x",
                ] {
                    assert!(!reply.text.contains(leak), "{leak} in {name}: {}", reply.text);
                }
            }
            for banner in ["server", "x-powered-by", "via"] {
                assert_eq!(reply.header(banner), None, "{name}");
            }
        }
    }
}

/// TRACE shows a page the headers that it may not see; CONNECT makes us a proxy.
#[tokio::test]
async fn methods_that_nobody_uses() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    for method in ["TRACE", "TRACK", "PROPFIND", "DEBUG"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let reply = diner.send(diner.request(method, "/api/user/me")).await.expect(405);
        assert!(!reply.text.contains(diner.token()));
    }
}

/// What is somebody's own, and what is an error about it: no cache keeps either, no page frames it.
#[tokio::test]
async fn private_answers_in_caches_and_frames() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    for operation in Operation::all(&app).await {
        let request = admin.request(operation.method.clone(), &operation.address()).json(&json!({}));
        let reply = admin.send(request).await;
        let name = operation.name();
        assert!(reply.header("cache-control").unwrap().starts_with("no-"), "{name}: {:?}", reply.headers);
        let policy = reply.header("content-security-policy").unwrap();
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"),
            "{name}: {policy}"
        );
        for (header, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(reply.header(header), Some(value), "{name}");
        }
    }
}

/// The database holds the secret that signs sessions, and so does each of its backups.
#[tokio::test]
async fn files_that_other_users_of_the_machine_can_read() {
    let app = TestApp::start(|_| {}).await;
    app.diner().await.order(&[1]).await.expect(200);
    let database = &app.config().database.path;
    let backup = database.with_extension("backup");
    store::SqliteStore::backup(database, &backup, |_, _| ()).unwrap();
    let files: Vec<_> = std::fs::read_dir(database.parent().unwrap()).unwrap().map(Result::unwrap).collect();
    assert!(files.len() >= 3, "database, log and backup: {files:?}");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o} {}", file.path().display());
    }
}

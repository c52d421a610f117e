//! API9:2023 Improper inventory management: what is served is documented, and what is open to all was meant to be.

use crate::Operation;
use serde_json::json;
use std::collections::BTreeSet;
use test_kit::TestApp;

/// What anybody may call. A call that comes to this list has been thought about.
const OPEN_TO_ALL: [&str; 16] = [
    "GET /",
    "GET /act/{token}",
    "GET /api/docs",
    "GET /api/franchise",
    "GET /api/openapi.json",
    "GET /api/order/menu",
    "GET /api/status",
    "GET /docs",
    "GET /docs/style.css",
    "GET /livez",
    "GET /metrics",
    "GET /readyz",
    "GET /runbook",
    "POST /act/{token}",
    "POST /api/auth",
    "PUT /api/auth",
];

#[tokio::test]
async fn calls_that_nobody_meant_to_be_open_to_all() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    let mut open = BTreeSet::new();
    for operation in Operation::all(&app).await {
        let request = visitor.request(operation.method.clone(), &operation.address()).json(&json!({}));
        let status = visitor.send(request).await.status;
        assert_eq!(status == 401, operation.answers("401"), "{} answers {status}", operation.name());
        if status != 401 {
            open.insert(operation.name());
        }
    }
    assert_eq!(open.iter().map(String::as_str).collect::<Vec<_>>(), OPEN_TO_ALL);
}

#[tokio::test]
async fn forgotten_files_and_doors() {
    let app = TestApp::start(|_| {}).await;
    for path in [
        "/.env",
        "/.git/config",
        "/.well-known/jwks.json",
        "/actuator",
        "/api/v1/order",
        "/api/admin",
        "/api/debug",
        "/api/test",
        "/backup.sql",
        "/config",
        "/debug/pprof/",
        "/graphql",
        "/pizza.db",
        "/data/pizza.db",
        "/server-status",
        "/swagger.json",
        "/console",
        "/api/order/chaos",
        "/docs/../pizza.db",
    ] {
        let reply = app.admin().await.get(path).await;
        assert!([404, 405].contains(&reply.status), "{path}: {} {}", reply.status, reply.text);
    }
}

//! What the program writes down: nothing that is secret, and nothing that a stranger made up.

use crate::PROGRAM;
use serde_json::{Value, json};
use test_kit::{Diner, Installation, Visitor};

/// What an operator turns on who looks for a fault.
const EVERYTHING: [(&str, &str); 1] = [("log.level", "trace")];

#[tokio::test]
async fn secrets_in_the_log_even_when_it_has_everything() {
    let installation = Installation::start(PROGRAM, &EVERYTHING).await.unwrap();
    let visitor = Visitor::at(&installation.url("/").parse().unwrap());
    let account = installation.admin();
    let admin = visitor.login(account.email, account.password).await;
    let (franchise, store) = installation.store();
    let kai = visitor.register("Kai", "kai@jwt.com", "a-canary-password-of-kai").await.expect(200);
    let kai = visitor.with_token(kai["token"].as_str().unwrap());
    let order = json!({ "franchiseId": franchise.0, "storeId": store.0, "items": [{ "menuId": 1 }] });
    let pizza = kai.post("/api/order", &order).await.expect(200)["jwt"].as_str().unwrap().to_owned();
    let id = kai.get("/api/user/me").await.expect(200)["id"].clone();
    let new = json!({ "password": "a-canary-password-by-the-admin" });
    admin.put(&format!("/api/user/{id}"), &new).await.expect(200);
    visitor.try_login("kai@jwt.com", "a-canary-password-that-is-wrong").await.expect(404);
    kai.get("/api/user/me").await.expect(401);

    let log = installation.logs().unwrap().service;
    assert!(log.contains("\"level\":\"TRACE\""), "hardly anything was logged");
    let tokens = [admin.token(), kai.token(), &pizza].map(|token| token.rsplit('.').next().unwrap());
    for secret in installation.secrets().into_iter().chain(tokens).chain(["canary"]) {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "holds {secret}");
    }
    installation.stop().await.unwrap();
}

#[tokio::test]
async fn lines_that_a_stranger_forges_in_the_log() {
    let installation = Installation::start(PROGRAM, &EVERYTHING).await.unwrap();
    let base = installation.url("/").parse().unwrap();
    let account = installation.admin();
    let admin = Diner::login(&base, account.email, account.password).await;
    let forged = "x\"}\r\n{\"timestamp\":\"2025-12-02T10:10:30Z\",\"level\":\"FORGED\"}\r\n\u{1b}[31m";
    admin.post("/api/franchise", &json!({ "name": forged, "admins": [] })).await.expect(200);
    let reason = json!({ "mode": "automatic", "reason": forged });
    admin.put("/api/admin/circuit", &reason).await.expect(200);
    admin.register(forged, "kai@jwt.com", "correct horse battery").await.expect(200);
    admin.try_login(forged, forged).await.expect(404);
    let path = "/nowhere%22%7D%0D%0A%7B%22level%22:%22FORGED%22%7D";
    let request = admin.request(reqwest::Method::GET, path).header("x-request-id", "FORGED");
    let reply = admin.send(request).await.expect(404);
    assert_ne!(reply.header("x-request-id"), Some("FORGED"));

    let log = installation.logs().unwrap().service;
    assert!(log.contains("FORGED"), "some of it is in the log, as text");
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_ne!(entry["level"], "FORGED", "{line}");
        assert_ne!(entry["request_id"], "FORGED", "{line}");
        assert!(entry["timestamp"].is_string() && !line.contains('\u{1b}'), "{line}");
    }
    installation.stop().await.unwrap();
}

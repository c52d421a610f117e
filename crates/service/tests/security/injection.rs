//! Injection, which the API Top 10 of 2023 leaves out: SQL, markup and header lines in what clients send.

use crate::id_of;
use reqwest::Method;
use serde_json::json;
use test_kit::{Diner, TestApp};

#[tokio::test]
async fn sql_in_a_profile_update() {
    let app = TestApp::start(|_| {}).await;
    for evil in ["', password='x' WHERE 1=1 --", "\"; DROP TABLE user; --", "x' OR id=1 OR '1'='1"] {
        let diner = app.diner().await;
        let path = format!("/api/user/{}", diner.get("/api/user/me").await["id"]);
        let body = json!({ "name": evil, "email": format!("{evil}@jwt.com"), "password": evil });
        let reply = diner.put(&path, &body).await.expect(200);
        assert_eq!(reply["user"]["name"], evil);
        let renewed = diner.with_token(reply["token"].as_str().unwrap());
        let back =
            renewed.put(&path, &json!({ "email": "d@jwt.com", "password": "diner" })).await.expect(200);
        assert_eq!(back["user"]["name"], evil);
    }
    let admin = app.admin().await;
    assert_eq!(admin.get("/api/user/me").await.expect(200)["name"], "常用名字", "nobody else was changed");
    for evil in ["1; DROP TABLE user", "' OR '1'='1", "*' --"] {
        admin.get_with("/api/user", &[("page", evil), ("limit", evil), ("name", evil)]).await.expect(200);
        admin.get(&format!("/api/franchise/{evil}")).await.expect(200);
    }
}

#[tokio::test]
async fn sql_in_what_clients_send() {
    let app = TestApp::start(|_| {}).await;
    let (visitor, admin) = (app.visitor(), app.admin().await);
    for evil in ["1; DROP TABLE franchise", "' OR '1'='1", "*' --", "\" UNION SELECT 1", "1e9", "-1", "NaN"] {
        let query = [("page", evil), ("limit", evil), ("name", evil)];
        visitor.get_with("/api/franchise", &query).await.expect(200);
        admin.get_with("/api/order", &[("page", evil)]).await.expect(200);
        visitor.try_login(evil, evil).await.expect(404);
        visitor.register(evil, &format!("{evil}@jwt.com"), evil).await.expect(200);
        let founded = admin.found_franchise(evil, &[]).await.expect(200);
        assert_eq!(founded["name"], evil);
        admin.delete_franchise(founded["id"].as_i64().unwrap()).await.expect(200);
    }
    let list = visitor.get("/api/franchise").await.expect(200);
    assert_eq!(list["franchises"][0]["name"], "pizzaPocket");
}

#[tokio::test]
async fn sql_in_ids_and_headers() {
    let app = TestApp::start(|_| {}).await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    let order = diner.order(&[1]).await.expect(200).order_id();
    for evil in ["1 OR 1=1", "1;DROP TABLE user", "1'--", "1 UNION SELECT 1", "0x1", "1e0", "1/**/"] {
        let id = evil.replace(' ', "%20").replace('/', "%2F");
        for path in [format!("/api/order/{id}"), format!("/api/order/{id}/events")] {
            admin.get(&path).await.expect(404);
        }
        for path in
            [format!("/api/user/{id}"), format!("/api/order/{id}"), format!("/api/franchise/1/store/{id}")]
        {
            admin.delete(&path).await.expect(404);
        }
        let body = json!({ "franchiseId": evil, "storeId": evil, "items": [{ "menuId": evil }] });
        diner.order_with(&[], &body).await.expect(400);
        let key = evil.replace(' ', "");
        let keyed = diner.order_with(&[("idempotency-key", &key)], &Diner::wants(&[1])).await.expect(200);
        assert_ne!(keyed.order_id(), order, "it was nobody else's order");
        let events =
            diner.request(Method::GET, &format!("/api/order/{order}/events")).header("last-event-id", evil);
        assert!(diner.send(events).await.expect(200).text.contains("fulfilled"));
        let token = format!("{} {evil}", diner.token());
        diner.with_token(token).get("/api/user/me").await.expect(401);
    }
    assert_eq!(admin.get("/api/franchise").await["franchises"][0]["stores"][0]["id"], 1);
}

/// A name is shown as it is, in JSON that no browser takes for a page.
#[tokio::test]
async fn markup_in_names() {
    let app = TestApp::start(|_| {}).await;
    let evil = "<script>alert(1)</script>\"'>{{7*7}}${7*7}";
    let reply = app.visitor().register(evil, "kai@jwt.com", "a good long passphrase").await.expect(200);
    let kai = app.visitor().with_token(reply["token"].as_str().unwrap());
    let unknown = kai.get("/<script>alert(1)</script>").await.expect(404);
    let me = kai.get("/api/user/me").await.expect(200);
    assert_eq!(me["name"], evil);
    for reply in [reply, unknown, me] {
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn markup_in_names_on_pages() {
    let app = TestApp::start(|_| {}).await;
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}";
    let reply = app.visitor().register(evil, "kai@jwt.com", "a good long passphrase").await.expect(200);
    let session = format!("pizza_session={}", reply["token"].as_str().unwrap());
    let look = |path: &str| {
        let request = app.visitor().request(Method::GET, path).header("accept", "text/html");
        request.header("cookie", &session)
    };
    for path in ["/", "/menu", "/profile", "/orders", "/kitchen"] {
        let page = app.visitor().send(look(path)).await.expect(200);
        assert!(
            page.text.contains("alert(1)&#60;/script&#62;"),
            "{path} does not say who they are: {}",
            page.text
        );
        assert!(
            !page.text.contains("<script>") && !page.text.contains("<img src=x"),
            "{path}: {}",
            page.text
        );
        assert!(!page.text.contains("\"'>"), "{path}: {}", page.text);
    }
    for path in ["/login?next=%22%3E%3Cscript%3E", "/%3Cscript%3Ealert(1)%3C/script%3E"] {
        let request = app.visitor().request(Method::GET, path).header("accept", "text/html");
        let page = app.visitor().send(request).await;
        assert!(
            page.text.starts_with("<!doctype html>") && !page.text.contains("<script>"),
            "{path}: {}",
            page.text
        );
    }
}

/// What comes from a client and stands in a header of the answer, or goes on to the factory.
#[tokio::test]
async fn header_lines_in_what_clients_send() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let id = id_of(&diner).await;
    let evil = "x\r\nset-cookie: session=stolen\r\n\r\n<html>";
    diner.put(&format!("/api/user/{id}"), &json!({ "name": evil })).await.expect(200);
    let encoded = "%0d%0aset-cookie:%20session=stolen";
    for reply in [
        diner.order(&[1]).await.expect(200),
        diner.get(&format!("/api/order?page={encoded}")).await.expect(200),
        diner.get(&format!("/api/order/1{encoded}")).await.expect(404),
        diner.get(&format!("/nowhere{encoded}")).await.expect(404),
    ] {
        assert!(!reply.headers.contains_key("set-cookie"), "{:?}", reply.headers);
    }
    assert_eq!(app.factory.calls()[0].body["diner"]["name"], evil, "a member, and no header line");
}

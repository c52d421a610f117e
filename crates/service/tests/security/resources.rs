//! API4:2023 Unrestricted resource consumption: everything that a client could have without end.

use crate::{PATIENCE, SHORT, connection, rest};
use reqwest::{Body, Method};
use serde_json::json;
use test_kit::{Diner, TestApp, Visitor};
use tokio::{io::AsyncReadExt, time::timeout};

#[tokio::test]
async fn unbounded_pages() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    for number in 0..101 {
        admin.found_franchise(&format!("f{number}"), &[]).await.expect(200);
    }
    let count = async |query: &str| {
        let list = app.visitor().get(&format!("/api/franchise?{query}")).await.expect(200);
        list["franchises"].as_array().unwrap().len()
    };
    assert_eq!(count("").await, 10);
    assert_eq!(count("limit=100000").await, 100);
    assert_eq!(count("limit=99999999999999999999").await, 10, "nonsense is the default");
    assert_eq!(count("limit=0").await, 1);
    assert_eq!(count("limit=-5").await, 1);
    assert_eq!(count("page=-7").await, 10);
    assert_eq!(count("page=4294967295&limit=100").await, 0);
}

#[tokio::test]
async fn unbounded_pages_of_people() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    let hash = String::from("no password has it");
    for number in 0..101 {
        let (name, email) = (format!("u{number}"), format!("u{number}@jwt.com"));
        let user = store::NewUser {
            name: domain::Name::from_database(name),
            email: domain::EmailAddress::from_database(email),
            password_hash: hash.clone(),
            roles: vec![domain::Role::Diner],
        };
        app.store().create_user(user).await.unwrap();
    }
    for (query, count) in
        [("", 10), ("limit=100000", 100), ("limit=0", 1), ("limit=-5", 1), ("page=99999999999", 0)]
    {
        let list = admin.get(&format!("/api/user?{query}")).await.expect(200);
        assert_eq!(list["users"].as_array().unwrap().len(), count, "{query}");
    }
}

#[tokio::test]
async fn unbounded_pages_of_orders() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    for _ in 0..11 {
        diner.order(&[1]).await.expect(200);
    }
    for (query, count) in
        [("limit=1000", 10), ("page=2&limit=1000", 1), ("page=-1", 10), ("page=99999999999", 0)]
    {
        let history = diner.get(&format!("/api/order?{query}")).await.expect(200);
        assert_eq!(history["orders"].as_array().unwrap().len(), count, "{query}");
    }
}

/// The factory would hold such an order for 32 s and then fail it.
#[tokio::test]
async fn unbounded_orders() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    for items in [21, 1_000] {
        let reply = diner.order(&vec![1; items]).await.expect(400);
        assert!(reply.message().contains("at most 20"), "{}", reply.text);
    }
    assert!(diner.order_ids().await.is_empty());
    assert_eq!(app.factory.calls().len(), 0);
}

/// Of a pattern with many stars, each can match in many ways.
#[tokio::test]
async fn patterns_that_take_for_ever() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    admin.found_franchise(&"a".repeat(255), &[]).await.expect(200);
    let pattern = format!("{}b", "*a".repeat(3_000));
    for path in ["/api/franchise", "/api/user"] {
        timeout(PATIENCE, admin.get_with(path, &[("name", &pattern)])).await.unwrap().expect(200);
    }
}

#[tokio::test]
async fn huge_bodies() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    let huge = || futures::stream::iter((0..200).map(|_| Ok::<_, std::io::Error>(" ".repeat(1_000))));
    for path in ["/api/auth", "/api/order/menu"] {
        // One that says how long it is, and one that does not.
        let whole = app.admin().await.request(Method::PUT, path).header("content-type", "application/json");
        visitor.send(whole.body(" ".repeat(200_000))).await.expect(413);
        let chunked = app.admin().await.request(Method::PUT, path).header("content-type", "application/json");
        visitor.send(chunked.body(Body::wrap_stream(huge()))).await.expect(413);
    }
}

/// A body that is nothing but brackets would use up the stack of a parser that does not count them.
#[tokio::test]
async fn deep_json() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(9_000), close.repeat(9_000));
    let nested = deep("[", "]");
    for body in [
        nested.clone(),
        deep("{\"a\":", "}"),
        "[".repeat(60_000),
        format!("{{\"items\":{nested},\"x\":{nested}}}"),
    ] {
        for path in ["/api/order", "/api/franchise"] {
            let request = admin.request(Method::POST, path).header("content-type", "application/json");
            admin.send(request.body(body.clone())).await.expect(400);
        }
    }
    admin.get("/api/user/me").await.expect(200);
}

#[tokio::test]
async fn numbers_that_overflow() {
    let app = TestApp::start(|_| {}).await;
    let (diner, admin) = (app.diner().await, app.admin().await);
    for number in ["9223372036854775808", "-9223372036854775809", "1e999", "18446744073709551616", "0.1"] {
        let body = format!("{{\"franchiseId\":{number},\"storeId\":1,\"items\":[{{\"menuId\":1}}]}}");
        let request = diner.request(Method::POST, "/api/order").header("content-type", "application/json");
        diner.send(request.body(body)).await.expect(400);
        diner.get(&format!("/api/order/{number}")).await.expect(404);
        diner.get(&format!("/api/order?page={number}")).await.expect(200);
        let body = format!("{{\"title\":\"x\",\"price\":{number}e300}}");
        let request =
            admin.request(Method::PUT, "/api/order/menu").header("content-type", "application/json");
        admin.send(request.body(body)).await.expect(400);
    }
    for id in [i64::MAX, i64::MIN] {
        diner.look_at(id).await.expect(404);
        let reply = diner
            .order_with(&[], &json!({ "franchiseId": id, "storeId": id, "items": [{ "menuId": id }] }))
            .await;
        assert!([400, 404].contains(&reply.status), "{}", reply.text);
    }
}

#[tokio::test]
async fn slow_bodies() {
    let app = TestApp::start(|config| config.http.body_timeout = SHORT).await;
    let slow =
        "PUT /api/auth HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{";
    let answer = rest(connection(&app, slow).await).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\r\nx-request-id: "), "{answer}");
    let body: serde_json::Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body["message"], "the body came too slowly");
}

#[tokio::test]
async fn slow_headers_and_idle_connections() {
    let app = TestApp::start(|config| {
        config.http.header_timeout = SHORT;
        config.http.idle_timeout = SHORT;
    })
    .await;
    assert_eq!(rest(connection(&app, "GET /livez HTTP/1.1\r\nx-slow:").await).await, "");
    let answer = rest(connection(&app, "GET /livez HTTP/1.1\r\nhost: h\r\n\r\n").await).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && !answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn huge_headers() {
    let app = TestApp::start(|config| config.http.max_header_bytes = 8_192).await;
    for (bytes, status) in [(7_000, 200), (9_000, 431)] {
        let request =
            app.visitor().request(Method::GET, "/api/order/menu").header("x-long", "x".repeat(bytes));
        app.visitor().send(request).await.expect(status);
    }
}

#[tokio::test]
async fn a_client_with_too_many_connections() {
    let app = TestApp::start(|config| config.http.max_connections_per_client = Some(1)).await;
    let mut first = connection(&app, "GET /livez HTTP/1.1\r\nhost: h\r\n\r\n").await;
    assert_eq!(first.read_u8().await.unwrap(), b'H');
    assert_eq!(rest(connection(&app, "").await).await, "");
    Visitor::from_address(app.base(), [127, 0, 0, 2]).get("/livez").await.expect(200);
}

/// A stranger who makes a new time series with every request fills the memory of whoever keeps them.
#[tokio::test]
async fn unbounded_labels_in_metrics() {
    let app = TestApp::start(|_| {}).await;
    let (visitor, diner) = (app.visitor(), app.diner().await);
    for number in 0..20 {
        visitor.get(&format!("/canary-{number}")).await.expect(404);
        diner.get(&format!("/api/order/77{number}")).await.expect(404);
        visitor.get(&format!("/api/franchise?name=canary-{number}")).await.expect(200);
        visitor.try_login(&format!("canary-{number}@jwt.com"), "x").await.expect(404);
        let method = Method::from_bytes(format!("CANARY{number}").as_bytes()).unwrap();
        visitor.send(visitor.request(method, "/api/auth")).await.expect(405);
        let mut order = Diner::wants(&[1]);
        order["franchiseId"] = json!(7700 + number);
        diner.order_with(&[("idempotency-key", &format!("canary-{number}"))], &order).await.expect(404);
    }
    let metrics = visitor.get("/metrics").await.expect(200).text;
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        assert!(!series.to_lowercase().contains("canary") && !series.contains("77"), "{line}");
    }
    let unknown =
        metrics.lines().filter(|line| line.contains("_count{") && line.contains("http_route=\"unmatched\""));
    assert_eq!(unknown.count(), 1, "they are all counted as one");
    assert!(metrics.contains("http_request_method=\"_OTHER\""));
}

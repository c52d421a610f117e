//! What every request passes: security headers, CORS, and what becomes of who is cut off. Limits on what a client may
//! take are in the security suite.

use reqwest::Method;
use std::time::Duration;
use test_kit::{Answer, Reply, TestApp, Visitor, eventually};

const SHORT: Duration = Duration::from_millis(200);
const PAGE: &str = "http://localhost:5173";

fn assert_hardened(reply: &Reply) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name} of {} {}", reply.status, reply.text);
        assert_eq!(reply.headers.get_all(name).iter().count(), 1, "{name}");
    }
}

#[tokio::test]
async fn every_answer_tells_browsers_what_not_to_do_with_it() {
    let app = TestApp::start(|_| {}).await;
    let (visitor, diner) = (app.visitor(), app.diner().await);
    for reply in [
        visitor.get("/").await.expect(200),
        visitor.get("/api/order/menu").await.expect(200),
        visitor.get("/metrics").await.expect(200),
        visitor.get("/nowhere").await.expect(404),
        visitor.delete("/api/order/menu").await.expect(405),
        visitor.get("/api/user/me").await.expect(401),
        visitor.try_login("d@jwt.com", "diner").await.expect(200),
        diner.get("/api/user/me").await.expect(200),
        diner.order(&[1]).await.expect(200),
        diner.order(&[]).await.expect(400),
        visitor.send(from_page(&visitor, Method::OPTIONS, "/api/order")).await.expect(200),
    ] {
        assert_hardened(&reply);
        assert_eq!(reply.header("strict-transport-security"), None, "it was not asked for");
    }
}

#[tokio::test]
async fn a_stream_of_events_is_as_hardened_as_the_rest() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let order = diner.order(&[1]).await.expect(200).order_id();
    let path = format!("/api/order/{order}/events");
    let reply = diner.get(&path).await.expect(200);
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    // The stream says more about caching than everything else does.
    assert_eq!(reply.headers.get_all("cache-control").iter().count(), 1);
}

#[tokio::test]
async fn browsers_are_told_to_come_by_https_if_so_configured() {
    let app = TestApp::start(|config| config.http.hsts_max_age = Some(Duration::from_secs(86_400))).await;
    for path in ["/api/order/menu", "/nowhere"] {
        let reply = app.visitor().get(path).await;
        assert_eq!(reply.header("strict-transport-security"), Some("max-age=86400"));
    }
}

fn from_page(visitor: &Visitor, method: Method, path: &str) -> reqwest::RequestBuilder {
    visitor.request(method, path).header("origin", PAGE).header("access-control-request-method", "POST")
}

fn cors_headers(reply: &Reply) -> Vec<&str> {
    let names = reply.headers.keys().map(|name| name.as_str());
    names.filter(|name| name.starts_with("access-control-") || *name == "vary").collect()
}

#[tokio::test]
async fn who_is_no_page_hears_nothing_of_cors() {
    let app = TestApp::start(|_| {}).await;
    let reply = app.visitor().get("/api/order/menu").await.expect(200);
    assert_eq!(cors_headers(&reply), [""; 0]);
}

#[tokio::test]
async fn a_page_of_a_stranger_is_told_nothing_but_that_it_matters_who_asks() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    for method in [Method::GET, Method::OPTIONS] {
        let request = visitor.request(method, "/api/order/menu").header("origin", "https://evil.example");
        let reply = visitor.send(request.header("access-control-request-method", "GET")).await.expect(200);
        assert_eq!(cors_headers(&reply), ["vary"]);
        assert_eq!(reply.header("vary"), Some("origin"));
    }
}

#[tokio::test]
async fn a_preflight_on_an_unknown_path_is_an_unknown_path() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    let reply = visitor.send(from_page(&visitor, Method::OPTIONS, "/nowhere")).await.expect(404);
    assert_eq!(reply.message(), "unknown endpoint");
    assert_eq!(reply.header("access-control-allow-origin"), Some(PAGE), "its page may know");
}

#[tokio::test]
async fn a_diner_whose_connection_is_cut_off_has_ordered_all_the_same() {
    let app = TestApp::start(|config| {
        super::patient(config);
        config.http.answer_timeout = SHORT;
    })
    .await;
    let diner = app.diner().await;
    app.factory.always(Answer::Hang);
    let order = test_kit::Diner::wants(&[1]);
    let cut_off = diner.request(Method::POST, "/api/order").json(&order).send().await;
    assert!(cut_off.is_err());
    assert_eq!(diner.order_ids().await.len(), 1);
    // Nobody was answered, and it counts all the same: or it would look as if they still waited.
    let left = "http_server_request_duration_seconds_count{http_request_method=\"POST\",http_response_status_code=\"499\",http_route=\"/api/order\"}";
    eventually("the request is counted", async || (diner.metric(left).await == Some(1.0)).then_some(()))
        .await;
    assert_eq!(diner.metric("http_server_active_requests").await, Some(1.0), "the one that asks");
}

//! What all answers have in common: errors, limits, request ids, CORS.

use reqwest::{Method, header::HeaderMap};
use serde_json::json;
use test_kit::{Reply, TestApp, Visitor};

async fn preflight(visitor: &Visitor, origin: &str, path: &str) -> Reply {
    let request = visitor
        .request(Method::OPTIONS, path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,idempotency-key");
    visitor.send(request).await
}

async fn from_origin(visitor: &Visitor, origin: &str) -> HeaderMap {
    let request = visitor.request(Method::GET, "/api/order/menu").header("origin", origin);
    visitor.send(request).await.expect(200).headers
}

#[tokio::test]
async fn an_unknown_path_is_an_unknown_endpoint() {
    let app = TestApp::start(|_| {}).await;
    for path in ["/nowhere", "/api", "/api/nowhere", "/api/order/1/2/3"] {
        let reply = app.visitor().get(path).await.expect(404);
        assert_eq!(reply.message(), "unknown endpoint", "{path}");
    }
    app.visitor().post("/api/nowhere", &json!({})).await.expect(404);
}

#[tokio::test]
async fn an_error_is_a_message_with_the_members_of_rfc_9457() {
    let app = TestApp::start(|_| {}).await;
    let reply = app.visitor().get("/api/user/me?secret=1").await.expect(401);
    let body = json!({
        "message": "unauthorized", "type": "about:blank", "title": "Unauthorized",
        "status": 401, "detail": "unauthorized", "instance": "/api/user/me",
    });
    assert_eq!(reply.body, body);
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn an_error_is_problem_json_for_who_accepts_it() {
    let app = TestApp::start(|_| {}).await;
    for accept in ["application/problem+json", "application/json, application/problem+json;q=0.9"] {
        let request = app.visitor().request(Method::GET, "/nowhere").header("accept", accept);
        let reply = app.visitor().send(request).await.expect(404);
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{accept}");
        assert_eq!(reply.message(), "unknown endpoint");
    }
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    let replies = [
        visitor.get("/api/order/menu").await.expect(200),
        visitor.get("/nowhere").await.expect(404),
        visitor.get("/api/user/me").await.expect(401),
        visitor.request_with_method("PATCH", "/api/auth").await.expect(405),
        preflight(&visitor, "http://localhost:5173", "/api/order").await,
        visitor.get("/metrics").await.expect(200),
    ];
    let mut ids: Vec<_> =
        replies.iter().map(|reply| reply.header("x-request-id").expect(&reply.text)).collect();
    assert!(ids.iter().all(|id| !id.is_empty()));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), replies.len());
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let app = TestApp::start(|_| {}).await;
    for (method, path, allowed) in [
        ("PATCH", "/api/auth", &["POST", "PUT", "DELETE"][..]),
        ("GET", "/api/auth", &["POST", "PUT", "DELETE"]),
        ("PUT", "/api/order", &["GET", "POST"]),
        ("POST", "/api/order/1", &["GET", "DELETE"]),
        ("DELETE", "/api/status", &["GET"]),
        ("POST", "/api/user/me", &["GET"]),
    ] {
        let reply = app.visitor().request_with_method(method, path).await.expect(405);
        assert_eq!(reply.message(), "method not allowed", "{method} {path}");
        let allow = reply.header("allow").unwrap_or_else(|| panic!("{method} {path} has no Allow"));
        for allowed in allowed {
            assert!(allow.split(',').any(|method| method.trim() == *allowed), "{allowed} is not in {allow}");
        }
    }
}

#[tokio::test]
async fn a_head_request_has_the_status_and_no_body() {
    let app = TestApp::start(|_| {}).await;
    let reply = app.visitor().request_with_method("HEAD", "/api/order/menu").await.expect(200);
    assert_eq!(reply.text, "");
    let reply = app.visitor().request_with_method("HEAD", "/nowhere").await.expect(404);
    assert_eq!(reply.text, "");
}

#[tokio::test]
async fn malformed_json_is_400_and_another_content_type_415() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    let send = async |content_type: Option<&str>, body: &'static str| {
        let request = visitor.request(Method::PUT, "/api/auth").body(body);
        let request =
            content_type.into_iter().fold(request, |request, it| request.header("content-type", it));
        visitor.send(request).await
    };
    let login = r#"{"email":"d@jwt.com","password":"diner"}"#;
    for malformed in ["", "{", "{\"email\":}", "not json"] {
        let reply = send(Some("application/json"), malformed).await.expect(400);
        assert_ne!(reply.message(), "", "{malformed}");
    }
    for other in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
        let reply = send(other, login).await.expect(415);
        assert_eq!(reply.message(), "the body must be sent as application/json");
    }
    send(Some("application/json; charset=utf-8"), login).await.expect(200);
}

#[tokio::test]
async fn json_of_the_wrong_type_is_400_and_names_the_member() {
    let app = TestApp::start(|_| {}).await;
    let reply = app.visitor().put("/api/auth", &json!({ "email": 7, "password": "x" })).await.expect(400);
    assert!(reply.message().contains("email"), "{}", reply.text);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let app = TestApp::start(|config| config.http.body_limit = 2_000).await;
    let long = "x".repeat(2_000);
    let reply = app.visitor().try_login("d@jwt.com", &long).await.expect(413);
    assert_eq!(reply.message(), "the body is too large");
    let fits = "x".repeat(1_000);
    app.visitor().try_login("d@jwt.com", &fits).await.expect(404);
    assert_eq!(service::config::Config::default().http.body_limit, 65_536);
}

#[tokio::test]
async fn a_path_or_query_that_cannot_be_read_is_an_error_like_any_other() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    for path in
        ["/api/order/%ff", "/api/order?page=1&page=2", "/api/franchise?name=a&name=b", "/api/order?page=%ff"]
    {
        let reply = diner.get(path).await;
        assert!([200, 400, 404].contains(&reply.status), "{path}: {}", reply.text);
        assert!(reply.status == 200 || !reply.message().is_empty(), "{path}: {}", reply.text);
    }
}

#[tokio::test]
async fn pages_of_allowed_origins_may_call_with_credentials() {
    let app = TestApp::start(|config| config.http.allowed_origins.push("https://pizza.example".into())).await;
    let visitor = app.visitor();
    let own = app.base().origin().ascii_serialization();
    for origin in ["http://localhost:5173", "http://localhost", "https://pizza.example", own.as_str()] {
        let headers = from_origin(&visitor, origin).await;
        assert_eq!(headers["access-control-allow-origin"], origin);
        assert_eq!(headers["access-control-allow-credentials"], "true");
        assert!(headers["access-control-expose-headers"].to_str().unwrap().contains("x-request-id"));
    }
}

#[tokio::test]
async fn a_preflight_on_a_known_path_succeeds() {
    let app = TestApp::start(|_| {}).await;
    for path in ["/api/order", "/api/auth", "/api/order/1"] {
        let reply = preflight(&app.visitor(), "http://localhost:5173", path).await.expect(200);
        assert_eq!(reply.header("access-control-allow-origin"), Some("http://localhost:5173"));
        assert_eq!(reply.header("access-control-allow-methods"), Some("GET,POST,PUT,DELETE"));
        let headers = reply.header("access-control-allow-headers").unwrap();
        for header in ["authorization", "content-type", "idempotency-key", "prefer", "last-event-id"] {
            assert!(headers.contains(header), "{header} is not in {headers}");
        }
    }
}

#[tokio::test]
async fn an_error_can_be_read_by_the_page_that_caused_it() {
    let app = TestApp::start(|_| {}).await;
    let request =
        app.visitor().request(Method::GET, "/api/user/me").header("origin", "http://localhost:5173");
    let reply = app.visitor().send(request).await.expect(401);
    assert_eq!(reply.header("access-control-allow-origin"), Some("http://localhost:5173"));
}

trait AnyMethod {
    async fn request_with_method(&self, method: &str, path: &str) -> Reply;
}

impl AnyMethod for Visitor {
    async fn request_with_method(&self, method: &str, path: &str) -> Reply {
        self.send(self.request(method.parse().unwrap(), path)).await
    }
}

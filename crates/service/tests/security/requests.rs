//! Requests that are read in two ways: by us in one, by a proxy or a browser in another.

use crate::{Operation, connection, rest};
use test_kit::TestApp;

/// A request that has been told where it ends by `framing`, with another one hidden in it.
fn smuggler(framing: &str, body: &str) -> String {
    format!("POST /api/auth HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n{framing}\r\n\r\n{body}")
}

const HIDDEN: &str = "GET /smuggled HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";

/// RFC 9112, 6.3: what cannot be framed for certain is refused, and the connection with it.
#[tokio::test]
async fn smuggled_requests() {
    let app = TestApp::start(|_| {}).await;
    for framing in [
        "content-length: 5\r\ncontent-length: 6",
        "content-length: 5, 6",
        "content-length: +5",
        "content-length: 0x5",
        "content-length: -1",
        "content-length: 5 6",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: identity",
        "transfer-encoding: xchunked",
        "transfer-encoding : chunked",
        "transfer-encoding:\r\n chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity",
    ] {
        let asks = smuggler(framing, &format!("0\r\n\r\n{HIDDEN}"));
        let answer = rest(connection(&app, &asks).await).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{framing}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{framing}: {answer}");
    }
}

/// Two lengths that may both be meant: ours is the one of the chunks, and nothing after them is believed.
#[tokio::test]
async fn requests_smuggled_between_a_length_and_chunks() {
    let app = TestApp::start(|_| {}).await;
    for framing in [
        "content-length: 4\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 4",
        "content-length: 400\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 0",
    ] {
        let asks = smuggler(framing, &format!("0\r\n\r\n{HIDDEN}"));
        let answer = rest(connection(&app, &asks).await).await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{framing}: {answer}");
        assert!(answer.contains("connection: close") && !answer.contains("smuggled"), "{framing}: {answer}");
    }
}

#[tokio::test]
async fn broken_header_lines() {
    let app = TestApp::start(|_| {}).await;
    for broken in ["x\ry: z", "x: a\0b", "x: a\rb", "x y: z", "no colon", ": no name", " x: folded"] {
        let asks = format!("GET /api/order/menu HTTP/1.1\r\nhost: h\r\n{broken}\r\n\r\n");
        let answer = rest(connection(&app, &asks).await).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{broken:?}: {answer}");
    }
}

#[tokio::test]
async fn paths_to_files() {
    let app = TestApp::start(|_| {}).await;
    for path in [
        "/docs/../../../../etc/passwd",
        "/docs/..%2f..%2f..%2fetc/passwd",
        "/docs/%2e%2e/%2e%2e/etc/passwd",
        "/docs/..\\..\\pizza.db",
        "/docs/style.css/../../pizza.db",
        "//etc/passwd",
        "/docs/style.css%00.html",
        "/%2e%2e%2fpizza.db",
        "http://elsewhere.example/etc/passwd",
    ] {
        let asks = format!("GET {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
        let answer = rest(connection(&app, &asks).await).await;
        assert!(
            answer.starts_with("HTTP/1.1 404 ") || answer.starts_with("HTTP/1.1 400 "),
            "{path}: {answer}"
        );
        assert!(!answer.contains("root:") && !answer.contains("SQLite format"), "{path}");
    }
}

/// What a form on any page can send without a preflight, and what only looks like JSON.
#[tokio::test]
async fn bodies_of_another_kind() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    let with_bodies =
        Operation::all(&app).await.into_iter().filter(|call| call.about.get("requestBody").is_some());
    let mut walked = 0;
    for operation in with_bodies {
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/plain; application/json",
            "application/jsonx",
            "application/xml",
            "",
        ] {
            let request =
                admin.request(operation.method.clone(), &operation.address()).header("content-type", kind);
            let reply = admin.send(request.body("{}")).await;
            assert_eq!(reply.status, 415, "{kind} to {}: {}", operation.name(), reply.text);
        }
        walked += 1;
    }
    assert!(walked >= 8, "only {walked} were found");
}

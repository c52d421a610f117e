//! The log's line about a request, and what was said in it.

use crate::program::Program;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::{Reply, Visitor};

#[tokio::test]
async fn a_request_that_failed_is_logged_with_what_was_said_but_for_the_secrets() {
    let (log, [refused, fine, unread, broken]) = said_with("errors").await;
    let line = line_of(&log, &refused);
    assert_eq!((&line["level"], &line["status"]), (&"WARN".into(), &404.into()));
    assert_eq!((&line["method"], &line["route"]), (&"PUT".into(), &"/api/auth".into()));
    assert_eq!(line["has_authorization"], false);
    assert_eq!(line.get("user_id"), None);
    let sent: Value = serde_json::from_str(line["request_body"].as_str().unwrap()).unwrap();
    assert_eq!(sent, json!({ "email": "kai@jwt.com", "password": "[redacted]" }));
    let answered: Value = serde_json::from_str(line["response_body"].as_str().unwrap()).unwrap();
    assert_eq!(answered["message"], refused.message());

    let line = line_of(&log, &fine);
    assert_eq!((line.get("request_body"), line.get("response_body")), (None, None));
    assert_eq!((&line["has_authorization"], &line["user_id"]), (&true.into(), &1.into()));

    // Whoever may not do it was not listened to.
    let line = line_of(&log, &unread);
    assert_eq!((line.get("request_body"), &line["status"]), (None, &401.into()));
    assert_eq!(line_of(&log, &broken)["request_body"], "[29 bytes]");
}

#[tokio::test]
async fn bodies_are_logged_for_all_or_for_nobody_if_the_operator_says_so() {
    let (log, [refused, fine, ..]) = said_with("all").await;
    assert!(line_of(&log, &refused)["request_body"].is_string());
    let answered = line_of(&log, &fine)["response_body"].as_str().unwrap().to_owned();
    assert!(answered.contains("admin@localhost"), "{answered}");

    let (log, [refused, fine, ..]) = said_with("none").await;
    for line in [line_of(&log, &refused), line_of(&log, &fine)] {
        assert_eq!((line.get("request_body"), line.get("response_body")), (None, None));
    }
}

/// A login that is refused, an answer that is fine, an order of nobody, and a body that is broken.
async fn said_with(bodies: &str) -> (String, [Reply; 4]) {
    let program = Program::start(&[("PIZZA_LOG__BODIES", bodies)]).await;
    let nobody = Visitor::at(program.admin.request(Method::GET, "/").build().unwrap().url());
    let broken = nobody.request(Method::PUT, "/api/auth").header("content-type", "application/json");
    let replies = [
        nobody.try_login("kai@jwt.com", "canary-password-of-kai").await.expect(404),
        program.admin.get("/api/user/me").await.expect(200),
        nobody.post("/api/order", &program.order()).await.expect(401),
        nobody.send(broken.body("{\"password\":\"canary-password\"")).await.expect(400),
    ];
    let (log, _) = program.end().await;
    assert!(!log.contains("canary"), "{:?}", log.lines().find(|line| line.contains("canary")));
    (log, replies)
}

fn line_of(log: &str, reply: &Reply) -> Value {
    let id = reply.header("x-request-id").unwrap();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut of_it = lines.filter(|line| line["type"] == "http" && line["request_id"] == id);
    of_it.next().unwrap_or_else(|| panic!("no line about {id}\n{log}"))
}

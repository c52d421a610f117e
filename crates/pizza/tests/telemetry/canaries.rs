//! Secrets, fed to every endpoint there is, and where they turn up: nowhere.

use crate::{
    collector::{Collector, Manner},
    program::{ADMIN, Program},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, time::Duration};
use tempfile::TempDir;
use test_kit::{API_KEY, Answer, JWT_SECRET, Reply, Visitor};

const LINK: &str = "http://127.0.0.1/api/support/canary-of-a-report-link/report/canary-of-a-code";
/// Of a shape that is one, and signed by nobody.
const JWT: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJjYW5hcnkiOiJjYW5hcnktb2YtYS1qd3QtY2FuYXJ5In0.c2lnbmF0dXJlLWNhbmFyeS1vZi1hLWp3dA";
/// Nobody listens there, so every delivery is an error.
const CONTACT_POINTS: &str = r#"
[[alerts.contact_points]]
name = "mail"
type = "email"
server = "smtp://127.0.0.1:9"
from = "pizza@jwt.test"
to = "on-call@jwt.test"
user = "pizza"
password = "canary-of-smtp"

[[alerts.contact_points]]
name = "hook"
type = "webhook"
url = "http://127.0.0.1:9/hooks/canary-of-a-hook"
authorization = "Bearer canary-of-a-hook"
"#;
/// What an open stream may take.
const A_MOMENT: Duration = Duration::from_secs(2);

#[tokio::test]
async fn secrets_that_every_endpoint_was_fed_are_in_no_sink() {
    let collector = Collector::start(Manner::Good).await;
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("pizza.toml");
    fs::write(&config, CONTACT_POINTS).unwrap();
    let program = Program::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url),
        ("OTEL_BLRP_SCHEDULE_DELAY", "50"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "100000"),
        ("PIZZA_CONFIG", config.to_str().unwrap()),
        ("PIZZA_LOG__LEVEL", "trace"),
        ("PIZZA_LOG__BODIES", "all"),
        ("PIZZA_FULFILMENT__BACKOFF", "50ms"),
        ("PIZZA_AUTH__LOGIN_FAILURES_PER_MINUTE", "1000"),
    ])
    .await;
    let admin = program.admin.clone();
    let nobody = Visitor::at(&admin.request(Method::GET, "/").build().unwrap().url().clone());
    let (mut tokens, mut errors) = (vec![admin.token().to_owned()], Vec::new());

    // A diner's life, with answers of the factory that hold its link.
    let diner = nobody.register("Kai", "kai@jwt.com", "canary-password-of-kai").await.expect(200);
    let diner = nobody.with_token(diner["token"].as_str().unwrap());
    tokens.push(diner.token().to_owned());
    program.factory.next([
        Answer::ChaosMonkey(LINK.to_owned()),
        Answer::Refuse(422, "no, says Bearer canary-of-the-factory"),
        Answer::BadSignature,
        Answer::WithReportLink(LINK.to_owned()),
    ]);
    for _ in 0..4 {
        let made = diner.post("/api/order", &program.order()).await;
        tokens.extend(made.body["jwt"].as_str().map(str::to_owned));
        errors.extend((made.status >= 400).then_some(made.text));
    }

    // Everybody who would be told of an alert, in vain.
    let tested = admin.post("/api/admin/alerts/test", &json!({})).await.expect(200);
    let refused =
        tested["contactPoints"].as_array().unwrap().iter().filter(|point| point["error"].is_string());
    assert_eq!(refused.count(), 2, "{}", tested.text);
    errors.push(tested.text);

    let document = admin.get("/api/openapi.json").await.expect(200);
    let endpoints = endpoints(&document.body);
    assert!(endpoints.len() > 25, "{endpoints:?}");
    for (method, path) in endpoints {
        for who in [&nobody, &nobody.with_token(JWT), &diner, &admin] {
            for body in [sent().to_string(), sent().to_string().replace('}', ""), format!("\"{JWT}\"")] {
                // Its own account and session it needs for the rest.
                if std::ptr::eq(who, &admin) && (method == Method::DELETE || path.contains("user")) {
                    continue;
                }
                if let Some(reply) = told(who, &method, &path, body).await {
                    errors.extend((reply.status >= 400).then_some(reply.text));
                }
            }
        }
    }
    let metrics = admin.get("/metrics").await.expect(200).text;
    let (log, _) = program.end().await;

    let mut secrets: BTreeSet<&str> = ["canary", JWT, API_KEY, JWT_SECRET, ADMIN.1].into();
    for token in tokens.iter().map(String::as_str).chain([JWT]) {
        let mut parts = token.rsplit('.');
        let (signature, payload) = (parts.next().unwrap(), parts.next().unwrap());
        secrets.extend([&signature[8..], payload, token]);
    }
    assert!(log.contains("request_body") && log.contains("response_body"), "bodies were logged");
    assert!(errors.len() > 100, "{} errors", errors.len());
    let exported = collector
        .deliveries
        .all()
        .into_iter()
        .map(|delivery| String::from_utf8_lossy(&delivery.body).into_owned());
    let exported: Vec<_> = exported.collect();
    assert!(exported.iter().any(|body| body.contains("request_body")), "bodies were exported");
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "the log has {secret}");
        let error = errors.iter().find(|error| error.contains(secret));
        assert_eq!(error, None, "an error has {secret}");
        assert!(!metrics.contains(secret), "the metrics have {secret}");
        assert!(!exported.iter().any(|body| body.contains(secret)), "the collector has {secret}");
    }
}

/// What everything takes, with secrets wherever there is a place for one.
fn sent() -> Value {
    json!({
        "name": "x", "email": "d@jwt.com", "password": "canary-of-a-password", "token": JWT, "jwt": JWT,
        "apiKey": "canary-of-a-key", "api_key": "canary-of-a-key", "authorization": "Bearer canary-of-a-key",
        "smtp": { "user": "x", "password": "canary-of-smtp" }, "reportUrl": LINK, "items": [{ "menuId": 1 }],
        "mode": "automatic", "reason": "x", "title": "x", "description": "x", "image": "x", "price": 0.1,
        "franchiseId": 1, "storeId": 1,
    })
}

fn endpoints(document: &Value) -> Vec<(Method, String)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let endpoints = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.filter_map(|method| Some((method.to_uppercase().parse().ok()?, with_ids(path))))
    });
    endpoints.collect()
}

fn with_ids(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "1" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// No answer, if it is a stream.
async fn told(who: &Visitor, method: &Method, path: &str, body: String) -> Option<Reply> {
    let request = who.request(method.clone(), &format!("{path}?token=canary-of-a-query&jwt={JWT}"));
    let request =
        request.header("content-type", "application/json").header("cookie", "session=canary-of-a-cookie");
    tokio::time::timeout(A_MOMENT, who.send(request.body(body))).await.ok()
}

//! Each row of the classification, against a factory that answers as told.
#![allow(clippy::unwrap_used)]

mod fake;

use std::time::Duration;

use factory_api::{ChaosKind, ChaosRequest, ReportLink};
use factory_client::{
    ConfigError, FactoryClient, FactoryConfig, Failure, FailureKind, ReportLinkError, Sent, VendorError,
};
use fake::{API_KEY, Answer, Fake, order};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

async fn sent_to(answer: Answer) -> Sent {
    let fake = Fake::answering(answer).await;
    fake.client().send(&order(), "key", None).await
}

async fn failure_of(answer: Answer) -> Failure {
    failure(sent_to(answer).await)
}

fn failure(sent: Sent) -> Failure {
    match sent {
        Sent::Failed(failure) => failure,
        other => panic!("not a failure: {other:?}"),
    }
}

#[tokio::test]
async fn a_token_is_made_with_its_report_link() {
    let link = "https://f.test/api/support/t/report/c";
    let sent = sent_to(Answer::new(200, json!({"jwt": "a.b.c", "reportUrl": link}))).await;
    let made = Sent::Made { jwt: "a.b.c".to_owned(), report_link: ReportLink::parse(link) };
    assert_eq!(sent, made);
    assert!(!format!("{sent:?}").contains("a.b.c"));
}

#[tokio::test]
async fn a_report_link_that_is_no_url_does_not_cost_the_token() {
    let sent = sent_to(Answer::new(200, json!({"jwt": "a.b.c", "reportUrl": 7}))).await;
    let made = Sent::Made { jwt: "a.b.c".to_owned(), report_link: None };
    assert_eq!(sent, made);
}

#[tokio::test]
async fn what_is_wrong_with_the_order_is_refused() {
    for status in [400, 413, 422] {
        let sent = sent_to(Answer::new(status, json!({"message": "no such pizza"}))).await;
        let refused = Sent::Refused { status, message: "no such pizza".to_owned() };
        assert_eq!(sent, refused);
    }
}

#[tokio::test]
async fn a_key_in_use_is_in_progress() {
    let sent = sent_to(Answer::new(409, "{}").header("retry-after", "2")).await;
    let in_progress = Sent::InProgress { retry_after: Some(Duration::from_secs(2)) };
    assert_eq!(sent, in_progress);
}

#[tokio::test]
async fn every_other_status_is_a_failure_of_its_kind() {
    let rows = [
        (401, FailureKind::Unauthorized),
        (403, FailureKind::Unauthorized),
        (429, FailureKind::RateLimited),
        (404, FailureKind::Status),
        (405, FailureKind::Status),
        (408, FailureKind::Status),
        (500, FailureKind::Status),
        (503, FailureKind::Status),
    ];
    for (status, kind) in rows {
        let failure = failure_of(Answer::new(status, json!({"message": "sorry"}))).await;
        assert_eq!((failure.kind, failure.status), (kind, Some(status)));
        assert!(failure.message.contains("sorry"));
        assert_eq!(failure.retry_after, None);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let answer = Answer::new(307, "").header("location", "/api/elsewhere");
    let fake = Fake::answering(answer).await;
    let failure = failure(fake.client().send(&order(), "key", None).await);
    assert_eq!(failure.status, Some(307));
    assert_eq!(fake.calls("/api/elsewhere"), 0);
}

#[tokio::test]
async fn retry_after_is_read_and_capped() {
    for (status, text, seconds) in [(429, "7", 7), (503, "900", 60)] {
        let failure = failure_of(Answer::new(status, "{}").header("retry-after", text)).await;
        assert_eq!(failure.retry_after, Some(Duration::from_secs(seconds)));
    }
}

#[tokio::test]
async fn a_success_without_a_token_is_a_bad_pizza() {
    for body in ["", "ok", "{}", r#"{"jwt":""}"#, r#"{"jwt":5}"#, "[1]"] {
        let failure = failure_of(Answer::new(200, body)).await;
        assert_eq!(failure.kind, FailureKind::BadPizza, "{body}");
    }
    assert_eq!(failure_of(Answer::new(204, "")).await.kind, FailureKind::BadPizza);
}

#[tokio::test]
async fn an_answer_over_the_limit_is_unreadable_and_its_status_still_counts() {
    let huge = "x".repeat(70_000);
    let made = Answer::new(200, json!({"jwt": huge}));
    assert_eq!(failure_of(made).await.kind, FailureKind::Unreadable);
    let failed = failure_of(Answer::new(500, &huge)).await;
    assert_eq!((failed.kind, failed.message.len()), (FailureKind::Status, 1024));
    assert!(matches!(sent_to(Answer::new(400, huge)).await, Sent::Refused { status: 400, .. }));
}

#[tokio::test]
async fn no_answer_in_time_is_a_timeout() {
    let fake = Fake::answering(Answer::new(200, "{}").never()).await;
    let mut config = fake.config();
    config.attempt_timeout = Duration::from_millis(100);
    let client = FactoryClient::new(config).unwrap();
    let failure = failure(client.send(&order(), "key", None).await);
    assert_eq!((failure.kind, failure.status), (FailureKind::Timeout, None));
}

#[tokio::test]
async fn a_closed_port_is_a_connect_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let client = FactoryClient::new(FactoryConfig::new(url, API_KEY.into())).unwrap();
    let failure = failure(client.send(&order(), "key", None).await);
    assert_eq!((failure.kind, failure.status), (FailureKind::Connect, None));
    assert!(!failure.message.contains("http://"), "{}", failure.message);
}

#[tokio::test]
async fn a_connection_that_breaks_is_unreadable_and_is_not_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let server = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        assert!(connection.read(&mut request).await.unwrap() > 0);
        let half = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"jwt\"";
        connection.write_all(half.as_bytes()).await.unwrap();
        drop(connection);
        // A second try would be accepted here.
        tokio::time::timeout(Duration::from_millis(200), listener.accept()).await.is_ok()
    });
    let client = FactoryClient::new(FactoryConfig::new(url, API_KEY.into())).unwrap();
    let failure = failure(client.send(&order(), "key", None).await);
    assert_eq!((failure.kind, failure.status), (FailureKind::Unreadable, Some(200)));
    assert!(!server.await.unwrap(), "it was tried again");
}

#[tokio::test]
async fn the_link_and_the_key_are_known_but_not_shown() {
    let link = format!("https://f.test/api/support/{API_KEY}/report/42fix");
    let body = json!({"message": format!("chaos monkey for {API_KEY}"), "reportUrl": link});
    let failure = failure_of(Answer::new(500, body)).await;
    let report_link = failure.report_link.clone().unwrap();
    assert_eq!(report_link.expose().as_str(), link);
    let shown = format!("{failure:?} {} {report_link}", failure.message);
    assert!(shown.contains("chaos monkey"));
    assert!(!shown.contains(API_KEY) && !shown.contains("42fix"), "{shown}");
}

#[tokio::test]
async fn the_request_is_the_contracts() {
    let fake = Fake::answering(Answer::new(200, json!({"jwt": "a.b.c"}))).await;
    let mut config = fake.config();
    config.base_url = fake.url.join("/below/").unwrap();
    let client = FactoryClient::new(config).unwrap();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    client.send(&order(), "inst:17", Some(trace)).await;

    let (path, headers, body) = fake.last_call();
    assert_eq!(path, "/below/api/order");
    assert_eq!(headers["authorization"], format!("Bearer {API_KEY}"));
    assert_eq!(headers["idempotency-key"], "inst:17");
    assert_eq!(headers["traceparent"], trace);
    assert_eq!(headers["content-type"], "application/json");
    let expected = json!({
        "diner": {"id": 3, "name": "Kai", "email": "kai@example.com"},
        "order": {"id": 17, "franchiseId": 1, "storeId": 2,
                  "items": [{"menuId": 4, "description": "Veggie", "price": 0.0038}]},
    });
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
}

#[tokio::test]
async fn a_report_link_is_followed_to_the_factory_only_and_without_the_key() {
    let fake = Fake::start().await;
    fake.then_orders(Answer::new(200, json!({"message": "Problem resolved."})));
    fake.then_orders(Answer::new(400, json!({"message": "Problem unresolved"})));
    let client = fake.client();
    let own = ReportLink::new(fake.url.join("/api/support/t/report/c").unwrap());
    let ended = client.follow_report_link(&own).await;
    assert_eq!(ended, Ok("Problem resolved.".to_owned()));
    assert!(!fake.last_call().1.contains_key("authorization"));
    let refused = ReportLinkError::Refused { status: 400, message: "Problem unresolved".to_owned() };
    assert_eq!(client.follow_report_link(&own).await, Err(refused));

    let stranger = Fake::start().await;
    let foreign = ReportLink::new(stranger.url.join("/api/support/t/report/c").unwrap());
    let error = client.follow_report_link(&foreign).await;
    assert_eq!(error, Err(ReportLinkError::ForeignOrigin));
    assert_eq!(stranger.calls("/api/support/t/report/c"), 0);
}

#[tokio::test]
async fn what_the_vendor_asks_for_is_read_within_limits_and_shown_without_secrets() {
    let fake = Fake::start().await;
    let client = fake.client();
    fake.then_orders(Answer::new(200, json!({"message": "Chaos initiated"})));
    fake.then_orders(Answer::new(401, json!({"message": format!("bad key {API_KEY}")})));
    fake.then_orders(Answer::new(200, "x".repeat(70_000)));

    let window = ChaosRequest::default();
    assert_eq!(client.set_chaos(ChaosKind::Fail, &window).await, Ok(()));
    let (path, headers, _) = fake.last_call();
    assert_eq!(path, "/api/vendor/chaos/fail");
    assert_eq!(headers["authorization"], format!("Bearer {API_KEY}"));

    let refused = VendorError::Refused { status: 401, message: "bad key [redacted]".to_owned() };
    assert_eq!(client.set_chaos(ChaosKind::None, &window).await, Err(refused));
    let unread = client.vendor().await;
    assert!(matches!(unread, Err(VendorError::Unreachable(_))));
}

#[test]
fn a_configuration_that_cannot_work_is_refused_at_once() {
    let new = |url: &str, key: &str| {
        FactoryClient::new(FactoryConfig::new(Url::parse(url).unwrap(), key.into())).err()
    };
    assert!(matches!(new("ftp://f.test", "k"), Some(ConfigError::BaseUrl)));
    assert!(matches!(new("http://f.test", "a\nb"), Some(ConfigError::ApiKey)));
    assert!(new("https://f.test", "k").is_none());
}

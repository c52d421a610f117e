//! Every payload as it goes over the wire.

use crate::http_receiver::{Answer, Receiver};
use crate::samples::{firing, notifier, resolved};
use jiff::{SignedDuration, Timestamp};
use notifications::{Notification, Severity, Status};
use serde_json::Value;
use std::collections::BTreeMap;

async fn sent(kind: &str, notification: &Notification) -> Value {
    let receiver = Receiver::start(Answer::Says(200, "")).await;
    let toml = format!("type = '{kind}'\nurl = '{}'", receiver.url("/base/"));
    notifier(&toml).deliver("phone", notification).await.unwrap();
    let got = receiver.got().remove(0);
    let path = if kind == "alertmanager" { "/base/api/v2/alerts" } else { "/base/" };
    assert_eq!(got.uri, path);
    got.json()
}

/// Pretty-printed in the order in which it was written.
async fn snapshot(kind: &str, notification: &Notification) -> String {
    text(sent(kind, notification).await)
}

/// Members by name: in which order serde_json has them depends on what else is built with it.
fn text(value: Value) -> String {
    serde_json::to_string_pretty(&sorted(value)).unwrap()
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        Value::Object(members) => {
            let by_name: BTreeMap<_, _> =
                members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(by_name.into_iter().collect())
        }
        other => other,
    }
}

#[tokio::test]
async fn grafanas_webhook_while_it_fires() {
    insta::assert_snapshot!(snapshot("webhook", &firing()).await);
}

#[tokio::test]
async fn grafanas_webhook_when_it_is_over() {
    insta::assert_snapshot!(snapshot("webhook", &resolved()).await);
}

#[tokio::test]
async fn slack_while_it_fires() {
    insta::assert_snapshot!(snapshot("slack", &firing()).await);
}

#[tokio::test]
async fn slack_when_it_is_over() {
    insta::assert_snapshot!(snapshot("slack", &resolved()).await);
}

#[tokio::test]
async fn alertmanager_while_it_fires() {
    let before = Timestamp::now();
    let mut alerts = sent("alertmanager", &firing()).await;
    for alert in alerts.as_array_mut().unwrap() {
        let ends_at: Timestamp = alert["endsAt"].as_str().unwrap().parse().unwrap();
        let believed_for = ends_at.duration_since(before);
        assert!(
            (SignedDuration::from_mins(5)..SignedDuration::from_mins(6)).contains(&believed_for),
            "{believed_for}"
        );
        alert["endsAt"] = "[five minutes from now]".into();
    }
    insta::assert_snapshot!(text(alerts));
}

#[tokio::test]
async fn alertmanager_when_it_is_over() {
    insta::assert_snapshot!(snapshot("alertmanager", &resolved()).await);
}

#[tokio::test]
async fn a_test_fires_for_machines() {
    let test = Notification { status: Status::Test, ..firing() };
    assert_eq!(sent("webhook", &test).await["status"], "firing");
    assert_eq!(sent("slack", &test).await["attachments"][0]["color"], "#439fe0");
}

#[tokio::test]
async fn alertmanager_is_told_even_of_a_notification_without_alerts() {
    let bare = Notification { alerts: Vec::new(), severity: Severity::Ticket, ..firing() };
    let alerts = sent("alertmanager", &bare).await;
    assert_eq!(alerts[0]["labels"]["alertname"], "factory");
    assert_eq!(alerts[0]["labels"]["severity"], "ticket");
    assert_eq!(alerts[0]["labels"]["service"], "jwt-pizza-service");
}

#[tokio::test]
async fn an_alert_that_ends_before_it_starts_ends_when_it_starts() {
    let mut over = resolved();
    over.alerts[0].ends_at = Some("2025-12-02T10:00:00Z".parse().unwrap());
    let alerts = sent("alertmanager", &over).await;
    assert_eq!(alerts[0]["endsAt"], alerts[0]["startsAt"]);
}

#[tokio::test]
async fn a_value_that_is_no_number_is_left_out() {
    let mut notification = firing();
    notification.alerts[0].value = Some(f64::NAN);
    let body = sent("webhook", &notification).await;
    assert_eq!(body["alerts"][0]["values"], serde_json::json!({}));
    assert_eq!(body["alerts"][0]["valueString"], "");
}

#[tokio::test]
async fn what_is_too_long_is_cut_and_what_is_left_out_is_counted() {
    let mut notification = firing();
    notification.title = format!("a\nb\r\n\u{7}{}", "ü".repeat(500));
    notification.message = "<".repeat(10_000);
    let alert = notification.alerts[0].clone();
    notification.alerts.resize(250, alert);
    let body = sent("webhook", &notification).await;
    let title = body["title"].as_str().unwrap();
    assert!(title.starts_with("a b ü") && title.ends_with('…'), "{title}");
    assert_eq!(title.chars().count(), 120);
    assert!(body["message"].as_str().unwrap().chars().filter(|c| *c == '<').count() < 4_000);
    assert_eq!(body["alerts"].as_array().unwrap().len(), 100);
    assert_eq!(body["truncatedAlerts"], 150);
    assert_eq!(sent("alertmanager", &notification).await.as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn no_text_calls_a_channel_or_makes_a_link_in_slack() {
    let mut notification = firing();
    notification.title = "<!channel> down".to_owned();
    notification.message = "<https://evil.example|Fix>".to_owned();
    notification.group = "<@U1>".to_owned();
    notification.links = notifications::Links {
        runbook: Some("https://pizza.example/a?b=1&c=|x>y".parse().unwrap()),
        ..Default::default()
    };
    let body = sent("slack", &notification).await;
    assert_eq!(body["text"], "&lt;!channel&gt; down");
    assert_eq!(
        body["attachments"][0]["text"],
        "&lt;https://evil.example|Fix&gt;\n\n<https://pizza.example/a?b=1&amp;c=%7Cx%3Ey|Runbook>"
    );
    assert_eq!(body["attachments"][0]["footer"], "&lt;@U1&gt;");
}

#[test]
fn a_notification_survives_the_outbox_and_shows_no_link_that_does_something() {
    let json = serde_json::to_string(&firing()).unwrap();
    assert_eq!(serde_json::from_str::<Notification>(&json).unwrap(), firing());
    let shown = format!("{:?}", firing());
    assert!(shown.contains("Acknowledge") && !shown.contains("capability"), "{shown}");
}

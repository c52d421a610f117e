//! The alert rules as an admin sees them.

use serde_json::{Value, json};
use test_kit::TestApp;

/// Rules that the service evaluates itself: all but the one about its being down.
const RULES: [&str; 12] = [
    "factory-success-rate",
    "circuit-open",
    "order-queue-old",
    "order-queue-growing",
    "order-intake-failing",
    "orders-quarantined",
    "latency",
    "login-failures-surge",
    "no-orders",
    "worker-stuck",
    "fulfilment-slo-burn",
    "watchdog",
];

#[tokio::test]
async fn every_rule_is_listed_with_what_it_means_and_how_it_stands() {
    let app = TestApp::start(|config| config.alerts.enabled = false).await;
    let alerts = app.admin().await.get("/api/admin/alerts").await.expect(200);
    let listed = alerts["alerts"].as_array().unwrap();
    assert_eq!(listed.iter().map(|alert| alert["name"].as_str().unwrap()).collect::<Vec<_>>(), RULES);
    for alert in listed {
        assert!(["page", "ticket", "none"].contains(&alert["severity"].as_str().unwrap()), "{alert}");
        assert!(
            !alert["title"].as_str().unwrap().is_empty() && !alert["summary"].as_str().unwrap().is_empty()
        );
        assert_eq!((&alert["state"], &alert["instances"]), (&json!("Normal"), &json!([])));
        assert!(alert.get("pausedUntil").is_none() && alert.get("pausedBy").is_none(), "{alert}");
    }
    assert_eq!(alerts["history"], json!([]));
}

#[tokio::test]
async fn the_alert_that_always_fires_says_on_which_instance() {
    let app = TestApp::start(|config| config.instance = Some("first".to_owned())).await;
    let admin = app.admin().await;
    let watchdog = async || {
        let alerts = admin.get("/api/admin/alerts").await.expect(200);
        let found = alerts["alerts"].as_array().unwrap().last().unwrap().clone();
        (found["state"] == "Alerting").then_some(found)
    };
    let watchdog = test_kit::eventually("the watchdog barks", watchdog).await;
    assert_eq!(watchdog["instances"][0]["instance"], "first");
    let change = admin.get("/api/admin/alerts").await.expect(200)["history"][0].clone();
    assert_eq!(
        (&change["name"], &change["to"], &change["instance"]),
        (&json!("watchdog"), &json!("Alerting"), &json!("first"))
    );
}

#[tokio::test]
async fn a_pause_is_a_minute_to_a_day_long_and_can_be_ended() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    let pause = async |rule: &str, minutes: Value| {
        admin.post(&format!("/api/admin/alerts/{rule}/pause"), &json!({ "minutes": minutes })).await
    };
    for minutes in [json!(1), json!(1440)] {
        let paused = pause("latency", minutes).await.expect(200);
        assert_eq!(paused["name"], "latency");
        assert!(
            paused["pausedUntil"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap()
                > jiff::Timestamp::now()
        );
    }
    assert_eq!(pause("latency", json!(0)).await.expect(200)["pausedUntil"], Value::Null);
    for minutes in [json!(1441), json!(u32::MAX), json!(-1), json!(1.5), json!("an hour"), Value::Null] {
        let refused = pause("latency", minutes.clone()).await.expect(400);
        assert!(!refused.message().is_empty(), "{minutes}");
    }
    for minutes in [0, 5] {
        let unknown = pause("no-such-rule", json!(minutes)).await.expect(404);
        assert_eq!(unknown.message(), "there is no such alert rule");
    }
    let alerts = admin.get("/api/admin/alerts").await.expect(200);
    assert!(!alerts.text.contains("pausedUntil"), "{}", alerts.text);
}

#[tokio::test]
async fn a_test_of_no_contact_points_tells_nobody() {
    let app = TestApp::start(|_| {}).await;
    let tested = app.admin().await.post("/api/admin/alerts/test", &json!({})).await.expect(200);
    assert_eq!(tested.body, json!({ "contactPoints": [] }));
}

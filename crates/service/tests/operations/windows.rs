//! Chaos that was planned.

use super::*;
use jiff::{SignedDuration, Timestamp};

fn window(severity: Option<&str>) -> Value {
    let now = Timestamp::now();
    let (from, to) = (now - SignedDuration::from_mins(1), now + SignedDuration::from_mins(10));
    let mut window = json!({ "from": from, "to": to, "kind": "fail", "reason": "a drill" });
    if let Some(severity) = severity {
        window["severity"] = json!(severity);
    }
    window
}

#[tokio::test]
async fn who_is_woken_within_a_planned_window_is_told_so() {
    let (app, on_call) = watched(by_hand).await;
    let admin = app.admin().await;
    admin.post("/api/admin/chaos-windows", &window(None)).await.expect(201);
    break_factory(&app, Answer::Status(500)).await;
    let firing = on_call.wait_for("factory", "firing").await;
    let message = firing["message"].as_str().unwrap();
    assert!(message.contains("Likely cause: planned chaos (fail, a drill) until "), "{message}");
    assert_eq!(firing["alerts"][0]["labels"]["severity"], "page");
    let id = factory_incident(&admin).await;
    let planned = async || told(&file(&admin, id).await, "chaos_window").pop();
    let planned = eventually("the timeline has the window", planned).await;
    assert!(planned.starts_with("Planned chaos (fail) from ") && planned.ends_with(": a drill"), "{planned}");
}

#[tokio::test]
async fn a_window_that_asks_for_it_wakes_nobody() {
    let (app, on_call) = watched(|config| {
        by_hand(config);
        let everything = ContactPoint {
            name: "tickets".to_owned(),
            least_severity: Severity::Ticket,
            ..config.alerts.contact_points[0].clone()
        };
        config.alerts.contact_points.push(everything);
    })
    .await;
    let admin = app.admin().await;
    admin.post("/api/admin/chaos-windows", &window(Some("ticket"))).await.expect(201);
    break_factory(&app, Answer::Status(500)).await;
    wait_for_alert(&admin, RULE, "Alerting").await;
    let of_rule = async || {
        let about = on_call.about("factory");
        about.into_iter().find(|message| message["alerts"][0]["labels"]["rule"] == RULE)
    };
    let ticket = eventually("a ticket is written", of_rule).await;
    assert_eq!(
        (&ticket["receiver"], &ticket["alerts"][0]["labels"]["severity"]),
        (&json!("tickets"), &json!("ticket"))
    );
    assert!(on_call.about("factory").iter().all(|message| message["receiver"] == "tickets"));
}

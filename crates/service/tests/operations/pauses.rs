//! A rule that somebody paused.

use super::*;

/// A minute is the shortest pause that can be asked for; this one is over sooner.
async fn pause_ends_soon(app: &TestApp) {
    let soon = jiff::Timestamp::now().as_millisecond() + 3_000;
    assert_eq!(app.tamper(&format!("UPDATE alert_pause SET paused_until = {soon}")), 1);
}

#[tokio::test]
async fn a_paused_rule_pages_nobody_is_seen_to_be_paused_and_comes_back_by_itself() {
    let (app, on_call) = watched(by_hand).await;
    let admin = app.admin().await;
    let paused =
        admin.post(&format!("/api/admin/alerts/{RULE}/pause"), &json!({ "minutes": 5 })).await.expect(200);
    assert_eq!(paused["name"], RULE);
    break_factory(&app, Answer::Status(500)).await;
    wait_for_alert(&admin, "circuit-open", "Alerting").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let shown = alert(&admin, RULE).await;
    assert_eq!(shown["pausedUntil"], paused["pausedUntil"]);
    assert_eq!((&shown["state"], &shown["pausedBy"]), (&json!("Normal"), &json!("常用名字")));
    assert_eq!((on_call.about("factory").len(), incidents(&admin, "factory").await.len()), (0, 0));

    pause_ends_soon(&app).await;
    on_call.wait_for("factory", "firing").await;
    assert!(alert(&admin, RULE).await.get("pausedUntil").is_none());
}

#[tokio::test]
async fn a_pause_in_the_middle_of_an_incident_is_no_good_news() {
    let (app, on_call) = watched(by_hand).await;
    let admin = app.admin().await;
    let order = break_factory(&app, Answer::Status(500)).await;
    on_call.wait_for("factory", "firing").await;
    let id = factory_incident(&admin).await;
    admin.post(&format!("/api/admin/alerts/{RULE}/pause"), &json!({ "minutes": 5 })).await.expect(200);
    wait_for_alert(&admin, RULE, "Normal").await;
    mend_factory(&app).await;
    app.diner().await.wait_for(order, "fulfilled").await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let open = file(&admin, id).await;
    assert!(open["closedAt"].is_null(), "{open:#}");
    assert!(told(&open, "alert_normal").iter().any(|text| text.contains("because it is paused")), "{open:#}");
    assert_eq!(on_call.about("factory").len(), 1);

    admin.post(&format!("/api/admin/alerts/{RULE}/pause"), &json!({ "minutes": 0 })).await.expect(200);
    wait_for_close(&admin, id).await;
}

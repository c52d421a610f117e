//! One outage, from its first sign to its report.

use super::*;
use test_kit::Diner;

#[tokio::test]
async fn an_outage_goes_from_pending_to_normal_and_people_hear_of_its_beginning_and_its_end() {
    let (app, on_call) = watched(by_hand).await;
    let admin = app.admin().await;
    app.diner().await.order(&[1]).await.expect(200);
    let first = break_factory(&app, Answer::Status(500)).await;
    for _ in 0..2 {
        app.diner().await.order_without_waiting(&[2]).await;
    }
    let firing = on_call.wait_for("factory", "firing").await;
    let title = firing["title"].as_str().unwrap();
    assert!(title.contains("Pizza Factory Success Rate %: 3 orders waiting"), "{firing:#}");
    let message = firing["message"].as_str().unwrap();
    for said in [
        "3 orders waiting",
        "None is lost.",
        "500 \"no pizza today\"",
        "Likely cause: the factory answers with errors.",
    ] {
        assert!(message.contains(said), "{said} is not in {message}");
    }
    assert!(link(&firing, "runbook_url").unwrap().as_str().ends_with("/runbook#factory-success-rate"));
    assert!(link(&firing, "acknowledge_url").is_some() && link(&firing, "fix_url").is_none());
    assert_eq!(firing["alerts"][0]["labels"]["severity"], "page");

    mend_factory(&app).await;
    app.diner().await.wait_for(first, "fulfilled").await;
    let resolved = on_call.wait_for("factory", "resolved").await;
    assert_eq!(resolved["alerts"][0]["fingerprint"], firing["alerts"][0]["fingerprint"]);
    assert!(resolved["message"].as_str().unwrap().contains("No order waits."), "{resolved:#}");
    wait_for_alert(&admin, RULE, "Normal").await;
    assert_eq!(history(&admin, RULE).await, ["Pending", "Alerting", "Recovering", "Normal"]);
    assert_eq!(on_call.about("factory").len(), 2, "{:#?}", on_call.messages());
}

/// A ratio of calls has no value when there are none, and would turn the alert off in the middle of the outage.
#[tokio::test]
async fn an_alert_stays_as_long_as_the_circuit_is_open_and_no_calls_flow() {
    let (app, on_call) = watched(by_hand).await;
    let admin = app.admin().await;
    break_factory(&app, Answer::Status(500)).await;
    on_call.wait_for("factory", "firing").await;
    let calls = app.factory.calls().len();
    // Ten evaluations, and more than the window of the ratio and the time that an alert keeps firing.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(app.factory.calls().len(), calls);
    assert_eq!(history(&admin, RULE).await, ["Pending", "Alerting"]);
    assert_eq!(alert(&admin, RULE).await["state"], "Alerting");
    assert_eq!(on_call.about("factory").len(), 1);
}

#[tokio::test]
async fn an_incident_ends_when_no_order_of_it_waits_any_more() {
    let (app, on_call) = watched(by_hand).await;
    let admin = app.admin().await;
    let order = break_factory(&app, Answer::Status(500)).await;
    let id = factory_incident(&admin).await;
    on_call.wait_for("factory", "firing").await;
    admin.post("/api/admin/queue/pause", &json!({})).await.expect(200);
    mend_factory(&app).await;
    on_call.wait_for("factory", "resolved").await;
    wait_for_alert(&admin, RULE, "Normal").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let open = file(&admin, id).await;
    assert!(open["closedAt"].is_null(), "{open:#}");
    assert_eq!(open["orders"]["waiting"], 1);

    admin.post("/api/admin/queue/resume", &json!({})).await.expect(200);
    app.diner().await.wait_for(order, "fulfilled").await;
    let closed = wait_for_close(&admin, id).await;
    assert_eq!(closed["orders"]["waiting"], 0);
    assert_eq!(told(&closed, "circuit_forced"), ["Somebody forced the circuit closed"]);
}

#[tokio::test]
async fn an_incident_gathers_its_story_and_counts_its_orders_and_calls() {
    let (app, on_call) = watched(|config| {
        by_hand(config);
        config.circuit.consecutive_failures = 3;
    })
    .await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    diner.order(&[1]).await.expect(200);
    let before = app.factory.calls().len();
    let mut orders = vec![break_factory(&app, Answer::Status(500)).await];
    diner.wait_for_kitchen("closed").await;
    for _ in 0..4 {
        orders.push(diner.order_without_waiting(&[2]).await);
    }
    let failed = app.factory.calls().len() - before;
    on_call.wait_for("factory", "firing").await;
    let id = factory_incident(&admin).await;
    mend_factory(&app).await;
    for order in &orders {
        diner.wait_for(*order, "fulfilled").await;
    }
    let file = wait_for_close(&admin, id).await;

    let calls = &file["calls"];
    assert_eq!(calls["failure"], failed, "{calls}");
    assert_eq!(calls["success"], app.factory.calls().len() - before - failed, "{calls}");
    assert_eq!(
        (&calls["shortCircuited"], &calls["accepted"], &calls["errors"]),
        (&json!(4), &json!(5), &json!(0))
    );
    let became = &file["orders"];
    assert_eq!(
        (&became["placed"], &became["waiting"], &became["lost"]),
        (&json!(5), &json!(0), &json!(0)),
        "{became}"
    );
    for kind in [
        "first_failure",
        "last_failure",
        "circuit_opened",
        "circuit_forced",
        "metric",
        "alert_pending",
        "alert_alerting",
        "alert_recovering",
        "alert_normal",
        "notified",
        "recovery",
        "drained",
        "closed",
    ] {
        assert!(!told(&file, kind).is_empty(), "no {kind} in {file:#}");
    }
    assert_eq!(
        told(&file, "first_failure"),
        ["The first call to the factory failed: HTTP 500, `no pizza today`"]
    );
    assert_eq!(told(&file, "notified").len(), 2, "{file:#}");
    assert_eq!(told(&file, "closed").len(), 1);
    let times: Vec<_> =
        file["timeline"].as_array().unwrap().iter().map(|event| event["at"].as_str().unwrap()).collect();
    assert!(times.iter().zip(&times[1..]).all(|(one, next)| time(one) <= time(next)), "{times:?}");
    assert!(file["beganAt"].as_str().map(time) <= file["openedAt"].as_str().map(time));
    report_has_it_all(&app, &admin, id).await;
    lost_is_counted(&app, &admin, &diner, id).await;
}

async fn report_has_it_all(app: &TestApp, admin: &Admin, id: i64) {
    let report = admin.get(&format!("/api/admin/incidents/{id}/report")).await.expect(200);
    assert_eq!(report.header("content-type"), Some("text/markdown; charset=utf-8"));
    let sections: Vec<_> = report.text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(
        sections,
        [
            "Summary",
            "Detection",
            "Impact",
            "Timeline",
            "Root Cause Analysis",
            "Resolution",
            "Prevention",
            "Action Items"
        ]
    );
    for said in ["no pizza today", "**Orders lost:** 0"] {
        assert!(report.text.contains(said), "{said} is not in {}", report.text);
    }
    assert!(report.text.contains(app.factory.url().host_str().unwrap()), "{}", report.text);
}

/// "Orders lost: 0" is counted, not written.
async fn lost_is_counted(app: &TestApp, admin: &Admin, diner: &Diner, id: i64) {
    let order = diner.order_ids().await[0];
    assert_eq!(app.tamper(&format!("DELETE FROM pizza WHERE order_id = {order}")), 1);
    assert_eq!(file(admin, id).await["orders"]["lost"], 1);
    let report = admin.get(&format!("/api/admin/incidents/{id}/report")).await.expect(200);
    assert!(report.text.contains("**1 order was lost**"), "{}", report.text);
}

fn time(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn nothing_is_evaluated_where_alerts_are_off() {
    let (app, on_call) = watched(|config| config.alerts.enabled = false).await;
    let admin = app.admin().await;
    break_factory(&app, Answer::Status(500)).await;
    app.visitor().wait_for_kitchen("closed").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let alerts = admin.get("/api/admin/alerts").await.expect(200);
    assert_eq!(alerts["history"], json!([]));
    assert_eq!(incidents(&admin, "factory").await.len(), 0);
    assert_eq!(on_call.messages().len(), 0);
}

//! Chaos that was planned, and that nobody wants to be woken for.

use crate::{
    clock::{after, minutes, within},
    day,
    diner::Diner,
    engines::SUCCESS_RATE,
    outage,
    pager::Pager,
    people::Admin,
};
use jiff::Timestamp;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

const ORDER_EVERY: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn planned_chaos_wakes_nobody_and_the_report_names_it() {
    let pager = Pager::start().await;
    let (pages, everything) = (pager.url("/pages"), pager.url("/everything"));
    let contact_points = format!(
        r#"[{{name="pages",type="webhook",url="{pages}",least_severity="page"}},
            {{name="everything",type="webhook",url="{everything}"}}]"#
    );
    let installation = day::start(&contact_points).await;
    let admin = Admin::log_in(&installation).await;
    let traffic = Arc::new(Diner::register(&installation).await).order_steadily(ORDER_EVERY);
    sleep(minutes(1)).await;

    let now = Timestamp::now();
    let plan = json!({
        "from": now, "to": after(now, minutes(30)), "kind": "fail",
        "reason": "the drill of 2 December", "severity": "ticket",
    });
    admin.post("/api/admin/chaos-windows", &plan).await;
    outage::start_failing(&installation, minutes(3), 1.0).await;
    let ticket = pager
        .wait_for("/everything", "the alert is told", PATIENCE, |message| {
            message.has("firing", &[("alertname", Some(SUCCESS_RATE))])
        })
        .await;
    assert!(ticket.has("firing", &[("severity", Some("ticket"))]), "{ticket:?}");
    let text = ticket.text();
    assert!(text.contains("Likely cause: planned chaos (fail, the drill of 2 December) until "), "{text}");
    pager
        .wait_for("/everything", "the end is told", PATIENCE, |message| {
            message.has("resolved", &[("alertname", Some(SUCCESS_RATE))])
        })
        .await;
    let incident = within(PATIENCE, "the incident is closed", async || {
        let incidents = admin.get("/api/admin/incidents").await;
        let incident = incidents["incidents"][0].clone();
        incident["closedAt"].is_string().then_some(incident)
    })
    .await;
    let report = admin.text(&format!("/api/admin/incidents/{}/report", incident["id"])).await;
    println!("{report}");
    assert_eq!(pager.messages("/pages").len(), 0, "somebody was woken: {:?}", pager.messages("/pages"));
    assert!(report.contains("Planned chaos (fail) from "), "{report}");
    assert!(report.contains("the drill of 2 December"), "{report}");
    assert!(report.contains("under planned chaos testing"), "{report}");
    traffic.end().await;
    installation.stop().await.unwrap();
}

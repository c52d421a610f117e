//! Incidents as an admin sees them. How they come about is told in the tests of operations.

use serde_json::{Value, json};
use test_kit::{Admin, TestApp};

/// A service that has had so many incidents, of which the last one goes on.
async fn after(incidents: i64) -> (TestApp, Admin) {
    let app = TestApp::start(|config| config.alerts.enabled = false).await;
    for id in 1..=incidents {
        let at = 1_764_670_200_000_i64 + id * 1_000;
        let (open, closed) =
            if id == incidents { ("'factory'", "NULL".to_owned()) } else { ("NULL", at.to_string()) };
        app.tamper(&format!(
            "INSERT INTO incident (cause, open_cause, began_at, opened_at, closed_at)
             VALUES ('factory', {open}, {at}, {at}, {closed})"
        ));
    }
    let admin = app.admin().await;
    (app, admin)
}

#[tokio::test]
async fn incidents_come_in_pages_newest_first() {
    let (_app, admin) = after(51).await;
    let first = admin.get("/api/admin/incidents").await.expect(200);
    let ids = |page: &Value| {
        page["incidents"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&first.body), (2..=51).rev().collect::<Vec<_>>());
    assert_eq!((&first["page"], &first["more"]), (&json!(1), &json!(true)));
    let newest = &first["incidents"][0];
    assert_eq!((&newest["cause"], &newest["beganAt"]), (&json!("factory"), &json!("2025-12-02T10:10:51Z")));
    assert!(newest.get("closedAt").is_none() && newest.get("acknowledgedBy").is_none(), "{newest}");
    assert_eq!(first["incidents"][1]["closedAt"], "2025-12-02T10:10:50Z");
    let second = admin.get("/api/admin/incidents?page=2").await.expect(200);
    assert_eq!((ids(&second.body), &second["more"]), (vec![1], &json!(false)));
    assert_eq!(admin.get("/api/admin/incidents?page=nonsense").await.expect(200)["page"], 1);
}

#[tokio::test]
async fn an_incident_is_shown_with_its_orders_calls_and_timeline() {
    let (_app, admin) = after(1).await;
    let file = admin.get("/api/admin/incidents/1").await.expect(200);
    assert_eq!((&file["timeline"], &file["hasFixLink"]), (&json!([]), &json!(false)));
    for counts in ["orders", "calls"] {
        assert!(file[counts].as_object().unwrap().values().all(|count| *count == 0), "{}", file.text);
    }
}

#[tokio::test]
async fn an_incident_is_taken_on_once_and_that_is_on_record() {
    let (_app, admin) = after(1).await;
    for _ in 0..2 {
        let taken = admin.post("/api/admin/incidents/1/acknowledge", &json!({})).await.expect(200);
        assert_eq!(taken.message(), "acknowledged by 常用名字");
    }
    let file = admin.get("/api/admin/incidents/1").await.expect(200);
    assert_eq!(file["acknowledgedBy"], "常用名字");
    assert_eq!(file["timeline"].as_array().unwrap().len(), 1);
    let audit = admin.get("/api/admin/audit").await.expect(200);
    assert_eq!(
        (&audit["entries"][0]["action"], &audit["entries"][0]["subject"]),
        (&json!("incident.acknowledge"), &json!("incident 1"))
    );
}

#[tokio::test]
async fn chaos_without_a_link_cannot_be_ended() {
    let (_app, admin) = after(1).await;
    let refused = admin.post("/api/admin/incidents/1/end-chaos", &json!({})).await.expect(409);
    assert_eq!(refused.message(), "the factory's answers had no link that ends its chaos");
}

#[tokio::test]
async fn an_incident_that_never_was_is_unknown() {
    let (_app, admin) = after(1).await;
    for id in ["2", "0", "-1", "x", "99999999999999999999"] {
        let path = format!("/api/admin/incidents/{id}");
        assert_eq!(admin.get(&path).await.expect(404).message(), "unknown incident", "{id}");
        admin.get(&format!("{path}/report")).await.expect(404);
        for act in ["acknowledge", "end-chaos"] {
            admin.post(&format!("{path}/{act}"), &json!({})).await.expect(404);
        }
    }
}

#[tokio::test]
async fn the_report_is_markdown_with_blanks_for_judgement() {
    let (_app, admin) = after(1).await;
    let report = admin.get("/api/admin/incidents/1/report").await.expect(200);
    assert_eq!(report.header("content-type"), Some("text/markdown; charset=utf-8"));
    assert_eq!(report.text.lines().filter(|line| line.starts_with("## ")).count(), 8, "{}", report.text);
}

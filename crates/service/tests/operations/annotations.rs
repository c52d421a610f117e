//! Times that are marked on a dashboard.

use super::{
    grafana::{Grafana, TOKEN},
    *,
};

#[tokio::test]
async fn an_incident_is_one_region_on_the_dashboard_and_ends_when_it_does() {
    let grafana = Grafana::start().await;
    let (app, on_call) = watched(|config| {
        by_hand(config);
        config.annotations.grafana_url = Some(grafana.url.clone());
        config.annotations.token = Some(TOKEN.into());
    })
    .await;
    let admin = app.admin().await;
    break_factory(&app, Answer::Status(500)).await;
    let begun = eventually("a region begins", async || grafana.tagged("incident").pop()).await;
    assert_eq!(begun["time"], begun["timeEnd"]);
    assert_eq!(begun["tags"], json!(["jwt-pizza", "incident", "factory"]));
    on_call.wait_for("factory", "firing").await;
    mend_factory(&app).await;
    let closed = wait_for_close(&admin, factory_incident(&admin).await).await;
    let millis =
        |member: &str| closed[member].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let ended =
        async || grafana.tagged("factory").pop().filter(|region| region["timeEnd"] == millis("closedAt"));
    let ended = eventually("the region ends", ended).await;
    assert_eq!(ended["time"], millis("beganAt"));
    assert_eq!(grafana.tagged("factory").len(), 1);
}

#[tokio::test]
async fn a_chaos_window_is_one_region_even_one_of_the_past() {
    let grafana = Grafana::start().await;
    let app = TestApp::start(|config| {
        config.annotations.grafana_url = Some(grafana.url.clone());
        config.annotations.token = Some(TOKEN.into());
    })
    .await;
    let outage = json!({
        "from": "2025-12-02T10:10:00Z", "to": "2025-12-02T10:22:00Z", "kind": "fail", "reason": "a drill",
    });
    app.admin().await.post("/api/admin/chaos-windows", &outage).await.expect(201);
    let region = eventually("it is marked", async || grafana.tagged("chaos").pop()).await;
    assert_eq!(
        (&region["time"], &region["timeEnd"]),
        (&json!(1_764_670_200_000_i64), &json!(1_764_670_920_000_i64))
    );
    assert_eq!(region["text"], "Planned chaos (fail): a drill");
    assert_eq!(grafana.tagged("jwt-pizza").len(), 1);
}

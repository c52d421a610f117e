//! Who may read the metrics, where, and what orders leave in them.

use super::patient;
use serde_json::json;
use service::config::Config;
use std::net::SocketAddr;
use test_kit::{Answer, TestApp, Visitor, free_port};

#[tokio::test]
async fn metrics_under_a_token_are_for_whoever_has_it() {
    let app =
        TestApp::start(|config| config.metrics.token = Some("scrape-me-canary".to_owned().into())).await;
    let visitor = app.visitor();
    let with = async |authorization: &str| {
        let request =
            visitor.request(reqwest::Method::GET, "/metrics").header("authorization", authorization);
        visitor.send(request).await
    };
    visitor.get("/metrics").await.expect(401);
    for wrong in ["Bearer scrape-me", "Bearer scrape-me-canary2", "Basic scrape-me-canary", "Bearer", "x"] {
        let refused = with(wrong).await.expect(401);
        assert_eq!(refused.message(), "unauthorized");
        assert!(!refused.text.contains("pizza_") && !refused.text.contains("canary"), "{}", refused.text);
    }
    assert!(with("Bearer scrape-me-canary").await.expect(200).text.contains("pizza_orders_total"));
    assert!(with("bearer scrape-me-canary").await.expect(200).text.contains("pizza_orders_total"));
}

#[tokio::test]
async fn metrics_with_an_address_of_their_own_are_there_and_nowhere_else() {
    let own = SocketAddr::from(([127, 0, 0, 1], free_port().unwrap()));
    let mut app = TestApp::start(|config: &mut Config| config.metrics.listen = Some(own)).await;
    app.visitor().get("/metrics").await.expect(404);
    let scraper = Visitor::at(&format!("http://{own}/").parse().unwrap());
    assert!(scraper.get("/metrics").await.expect(200).text.contains("pizza_orders_total"));
    for elsewhere in ["/", "/api/order/menu", "/readyz"] {
        scraper.get(elsewhere).await.expect(404);
    }
    // Nobody is left listening.
    app.stop().await;
    app.come_back().await;
    app.visitor().get("/readyz").await.expect(200);
    scraper.get("/metrics").await.expect(200);
}

#[tokio::test]
async fn orders_are_counted_by_the_class_of_their_answer_and_by_franchise_if_that_is_bounded() {
    let app = TestApp::start(|config| {
        patient(config);
        config.metrics.max_franchises = Some(1);
    })
    .await;
    let diner = app.diner().await;
    diner.order(&[1]).await.expect(200);
    diner.order(&[1, 2]).await.expect(200);
    diner.order(&[404]).await.expect(400);
    app.visitor().post("/api/order", &json!({})).await.expect(401);
    app.factory.next([Answer::Status(500), Answer::Status(500), Answer::Status(500)]);
    diner.order_without_waiting(&[1]).await;
    let metric = async |series: &str| app.visitor().metric(series).await;
    assert_eq!(metric(r#"pizza_order_requests_total{class="2xx"}"#).await, Some(3.0));
    assert_eq!(metric(r#"pizza_order_requests_total{class="4xx"}"#).await, Some(2.0));
    assert_eq!(metric(r#"pizza_order_requests_total{class="5xx"}"#).await, Some(0.0));
    assert!(metric(r#"pizza_sold_total{franchise="1"}"#).await >= Some(3.0));
    let failures = async || metric(r#"pizza_creation_failures_total{franchise="1"}"#).await;
    test_kit::eventually("failures are counted", async || failures().await.filter(|count| *count >= 1.0))
        .await;
}

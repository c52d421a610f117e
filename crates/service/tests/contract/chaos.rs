//! The chaos switch, for drills.

use super::patient;
use serde_json::json;
use test_kit::TestApp;

#[tokio::test]
async fn an_admin_makes_half_of_the_factory_calls_fail_and_no_order_is_lost() {
    let app = TestApp::start(|config| {
        patient(config);
        config.fulfilment.retries = 0;
    })
    .await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    let on = admin.put("/api/order/chaos/true", &json!({})).await.expect(200);
    assert_eq!(on.body, json!({ "chaos": true }));
    let mut saved = Vec::new();
    // The odds that chaos never strikes are one in a million million.
    for _ in 0..40 {
        let order = diner.order(&[1]).await;
        if order.status == 202 {
            saved.push(order.order_id());
        }
    }
    assert!(!saved.is_empty(), "some call failed");
    let failed = r#"pizza_factory_requests_total{outcome="failure"}"#;
    assert!(app.visitor().metric(failed).await.unwrap() >= 1.0);

    let off = admin.put("/api/order/chaos/false", &json!({})).await.expect(200);
    assert_eq!(off.body, json!({ "chaos": false }));
    for order in saved {
        diner.wait_for(order, "fulfilled").await;
    }
    assert!(app.factory.calls().len() >= 40);
}

#[tokio::test]
async fn nobody_else_makes_chaos() {
    let app = TestApp::start(|_| {}).await;
    for reply in [
        app.diner().await.put("/api/order/chaos/true", &json!({})).await,
        app.franchisee().await.put("/api/order/chaos/true", &json!({})).await,
    ] {
        assert_eq!(reply.expect(403).message(), "unable to change the chaos");
    }
    app.visitor().put("/api/order/chaos/true", &json!({})).await.expect(401);
    for _ in 0..5 {
        app.diner().await.order(&[1]).await.expect(200);
    }
}

#[tokio::test]
async fn chaos_needs_no_body_and_is_true_or_false() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    let put = async |state: &str| {
        admin.send(admin.request(reqwest::Method::PUT, &format!("/api/order/chaos/{state}"))).await
    };
    assert_eq!(put("true").await.expect(200).body, json!({ "chaos": true }));
    assert_eq!(put("false").await.expect(200).body, json!({ "chaos": false }));
    assert_eq!(put("maybe").await.expect(400).message(), "chaos is either true or false");
}

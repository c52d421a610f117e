//! The kitchen's status, for everybody.

use super::{closed_kitchen, quick_to_degrade};
use jiff::Timestamp;
use serde_json::json;
use test_kit::{Answer, TestApp, eventually};

#[tokio::test]
async fn a_kitchen_that_makes_pizzas_is_open() {
    let app = TestApp::start(|_| {}).await;
    let status = app.visitor().get("/api/status").await.expect(200);
    let open = json!({ "kitchen": "open", "message": "The kitchen is open.", "queueDepth": 0, "oldestQueuedSeconds": 0 });
    assert_eq!(status.body, open);
}

#[tokio::test]
async fn a_kitchen_without_a_factory_is_closed_and_says_when_it_tries_again() {
    let (app, diner, _) = closed_kitchen(|_| {}).await;
    diner.order(&[1]).await.expect(202);
    let status = eventually("the queue is seen", async || {
        let status = app.visitor().get("/api/status").await.expect(200);
        (status["queueDepth"] == 2 && status["oldestQueuedSeconds"].as_i64() > Some(0)).then_some(status)
    })
    .await;
    assert_eq!(status["kitchen"], "closed");
    let text = "The kitchen is currently closed. Orders are saved and will be made as soon as it reopens.";
    assert_eq!(status.message(), text);
    let reopen: Timestamp = status["estimatedReopen"].as_str().unwrap().parse().unwrap();
    assert!(reopen > Timestamp::now());
}

#[tokio::test]
async fn a_kitchen_with_a_slow_factory_is_degraded() {
    let app = TestApp::start(quick_to_degrade).await;
    app.factory.always(Answer::Hang);
    app.diner().await.order_without_waiting(&[1]).await;
    app.visitor().wait_for_kitchen("degraded").await;
    let status = app.visitor().get("/api/status").await.expect(200);
    let text = "The kitchen is slower than usual. Orders are saved and made as fast as it can.";
    assert_eq!(status.message(), text);
    assert!(status.body.get("estimatedReopen").is_none());
}

#[tokio::test]
async fn the_queue_is_counted_down_again() {
    let (app, diner, order) = closed_kitchen(|_| {}).await;
    diner.cancel(order).await.expect(200);
    eventually("the queue is empty", async || {
        let status = app.visitor().get("/api/status").await.expect(200);
        (status["queueDepth"] == 0 && status["oldestQueuedSeconds"] == 0).then_some(())
    })
    .await;
}

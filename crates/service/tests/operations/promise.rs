//! The promise that most orders have their pizza within a minute, and when it counts as broken.

use super::*;

async fn promises(app: &TestApp, result: &str) -> f64 {
    let series = format!("pizza_order_fulfil_slo_total{{result=\"{result}\"}}");
    app.visitor().metric(&series).await.unwrap_or_else(|| panic!("no {series}"))
}

#[tokio::test]
async fn an_order_that_is_made_at_once_keeps_the_promise_at_once() {
    let app = TestApp::start(|_| {}).await;
    app.diner().await.order(&[1]).await.expect(200);
    assert_eq!((promises(&app, "met").await, promises(&app, "missed").await), (1.0, 0.0));
}

#[tokio::test]
async fn a_promise_is_broken_when_its_time_is_up_and_not_when_the_outage_is_over() {
    let app = TestApp::start(|config| {
        rehearsal(config);
        by_hand(config);
        config.fulfilment.fulfil_within = Duration::from_secs(2);
    })
    .await;
    let order = break_factory(&app, Answer::Status(500)).await;
    assert_eq!(promises(&app, "missed").await, 0.0, "there is time left");
    eventually("it is broken", async || (promises(&app, "missed").await == 1.0).then_some(())).await;
    assert_eq!(app.diner().await.look_at(order).await["status"], "queued");
    mend_factory(&app).await;
    app.diner().await.wait_for(order, "fulfilled").await;
    assert_eq!((promises(&app, "met").await, promises(&app, "missed").await), (0.0, 1.0));
}

#[tokio::test]
async fn an_order_that_waited_and_came_in_time_keeps_the_promise() {
    let app = TestApp::start(|config| {
        config.circuit.consecutive_failures = 1;
        by_hand(config);
        config.fulfilment.fulfil_within = Duration::from_secs(5);
    })
    .await;
    let order = break_factory(&app, Answer::Status(500)).await;
    mend_factory(&app).await;
    app.diner().await.wait_for(order, "fulfilled").await;
    eventually("it is kept", async || (promises(&app, "met").await == 1.0).then_some(())).await;
    assert_eq!(promises(&app, "missed").await, 0.0);
}

//! An order that is in other hands by the time an instance is done with it: its lease ran out, and somebody else makes it.

use std::time::Duration;
use test_kit::{Answer, Diner, TestApp, eventually};

/// Somebody else has rescued and claimed what is being made.
fn taken_by_another_instance(app: &TestApp) {
    let taken = "UPDATE fulfilment SET token = x'00112233445566778899aabbccddeeff', \
                 lease_until = lease_until + 3600000 WHERE state = 'making'";
    assert_eq!(app.tamper(taken), 1);
}

async fn a_late_result_changed_nothing(diner: &Diner) {
    let stale = r#"pizza_fulfilment_attempts_total{result="stale"}"#;
    eventually("the late result is counted", async || (diner.metric(stale).await == Some(1.0)).then_some(()))
        .await;
}

#[tokio::test]
async fn an_order_in_other_hands_is_not_sent_again() {
    let app = TestApp::start(|config| config.factory.attempt_timeout = Duration::from_millis(500)).await;
    app.factory.next([Answer::Hang]);
    let diner = app.diner().await;
    let order = diner.order_without_waiting(&[1]).await;
    app.factory.wait_for_calls(1).await;
    taken_by_another_instance(&app);
    a_late_result_changed_nothing(&diner).await;
    assert_eq!(app.factory.calls().len(), 1, "no attempt is sent that could not be recorded");
    assert_eq!(diner.look_at(order).await["status"], "making");
}

#[tokio::test]
async fn a_pizza_that_came_too_late_is_not_shown() {
    let app = TestApp::start(|_| {}).await;
    app.factory.always(Answer::Slow(Duration::from_millis(500)));
    let diner = app.diner().await;
    let waiting = diner.clone();
    let waits = tokio::spawn(async move { waiting.order(&[1]).await });
    app.factory.wait_for_calls(1).await;
    taken_by_another_instance(&app);
    let reply = waits.await.unwrap().expect(202);
    assert!(reply.body.get("jwt").is_none(), "{}", reply.text);
    a_late_result_changed_nothing(&diner).await;
    assert!(diner.look_at(reply.order_id()).await.body.get("jwt").is_none());
}

#[tokio::test]
async fn refusals_of_orders_close_nobody_s_kitchen() {
    let app = TestApp::start(super::touchy).await;
    let diner = app.diner().await;
    app.factory.next([Answer::Refuse(400, "no pineapple"), Answer::Refuse(422, "nor that")]);
    diner.order(&[1]).await.expect(422);
    diner.order(&[1]).await.expect(422);
    assert_eq!(diner.kitchen().await, "open");
    diner.order(&[1]).await.expect(200);
}

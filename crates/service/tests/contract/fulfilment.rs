//! One order on its way to a pizza, whatever the factory does to it.

use super::{patient, touchy};
use domain::{OrderId, OrderState};
use service::config::Config;
use std::time::Duration;
use test_kit::{Answer, Diner, TestApp, eventually};

/// A factory that answers the first call like this, and what the diner gets.
async fn after_one(answer: Answer, configure: impl FnOnce(&mut Config)) -> (TestApp, Diner, i64) {
    let app = TestApp::start(configure).await;
    app.factory.next([answer]);
    let diner = app.diner().await;
    let reply = diner.order(&[1]).await;
    assert!([200, 202].contains(&reply.status), "{}", reply.text);
    let order = diner.wait_for(reply.order_id(), "fulfilled").await;
    let id = order["id"].as_i64().unwrap();
    (app, diner, id)
}

#[tokio::test]
async fn a_blip_is_retried_inside_the_wait_under_the_same_key() {
    let app = TestApp::start(|_| {}).await;
    app.factory.next([Answer::Status(500), Answer::Status(503)]);
    let diner = app.diner().await;
    let reply = diner.order(&[1]).await.expect(200);
    assert_eq!(reply["order"]["status"], "fulfilled");

    let calls = app.factory.calls();
    assert_eq!(calls.len(), 3);
    assert!(calls[0].idempotency_key.is_some());
    assert!(calls.iter().all(|call| call.idempotency_key == calls[0].idempotency_key));
    assert!(calls.iter().all(|call| call.body == calls[0].body), "the same words under the same key");
    assert!(calls.iter().all(|call| call.traceparent == calls[0].traceparent));
    assert_eq!(diner.look_at(1).await["attempts"], 3);
}

#[tokio::test]
async fn different_orders_have_different_keys() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    diner.order(&[1]).await.expect(200);
    diner.order(&[1]).await.expect(200);
    let calls = app.factory.calls();
    assert_ne!(calls[0].idempotency_key, calls[1].idempotency_key);
}

#[tokio::test]
async fn a_failure_of_any_kind_is_followed_by_a_pizza() {
    for answer in [
        Answer::Status(500),
        Answer::Status(502),
        Answer::Status(404),
        Answer::RateLimited(0),
        Answer::CloseConnection,
        Answer::Conflict,
        Answer::BadSignature,
        Answer::WrongOrder,
        Answer::WrongVendor,
        Answer::AlgNone,
    ] {
        let (app, _diner, order) = after_one(answer.clone(), |_| {}).await;
        let calls = app.factory.calls_for(order);
        assert_eq!(calls.len(), 2, "{answer:?}");
        assert_eq!(calls[0].idempotency_key, calls[1].idempotency_key, "{answer:?}");
    }
}

#[tokio::test]
async fn a_call_that_timed_out_may_have_made_a_pizza_and_no_second_one_is_made() {
    let impatient = |config: &mut Config| config.factory.attempt_timeout = Duration::from_millis(200);
    let (app, _diner, order) = after_one(Answer::Slow(Duration::from_millis(600)), impatient).await;
    assert!(app.factory.calls_for(order).len() >= 2);
    assert_eq!(app.factory.pizzas_made(), 1);
}

#[tokio::test]
async fn a_token_that_is_no_pizza_is_never_shown() {
    for bad in [Answer::BadSignature, Answer::WrongOrder, Answer::WrongVendor, Answer::AlgNone] {
        let app = TestApp::start(patient).await;
        app.factory.always(bad.clone());
        let diner = app.diner().await;
        let reply = diner.order(&[1]).await.expect(202);
        assert!(reply.body.get("jwt").is_none(), "{bad:?}");
        let order = reply.order_id();
        app.factory.wait_for_calls(4).await;
        let details = diner.look_at(order).await;
        assert!(details.body.get("jwt").is_none(), "{bad:?}");
        assert_ne!(details["status"], "fulfilled");
        let outcome = r#"pizza_factory_requests_total{outcome="bad_jwt"}"#;
        assert!(app.visitor().metric(outcome).await >= Some(3.0), "{bad:?}");

        app.factory.always(Answer::Pizza);
        assert!(diner.wait_for(order, "fulfilled").await["jwt"].is_string());
    }
}

#[tokio::test]
async fn a_pizza_that_cannot_be_verified_yet_is_not_ordered_again() {
    let app = TestApp::start(patient).await;
    app.factory.keys_can_be_had(false);
    let diner = app.diner().await;
    let reply = diner.order(&[1]).await.expect(202);
    assert!(reply.body.get("jwt").is_none());
    let order = reply.order_id();
    eventually("it was tried again", async || {
        (diner.look_at(order).await["attempts"].as_i64() > Some(4)).then_some(())
    })
    .await;
    app.factory.keys_can_be_had(true);
    assert!(diner.wait_for(order, "fulfilled").await["jwt"].is_string());
    assert_eq!(app.factory.calls().len(), 1, "it was made; only the keys were missing");
}

#[tokio::test]
async fn a_key_that_the_factory_does_not_know_rejects_nobody_s_order() {
    for status in [401, 403] {
        let app = TestApp::start(patient).await;
        app.factory.always(Answer::Status(status));
        let diner = app.diner().await;
        let order = diner.order(&[1]).await.expect(202).order_id();
        app.factory.wait_for_calls(4).await;
        assert_ne!(diner.look_at(order).await["status"], "rejected");
        app.factory.always(Answer::Pizza);
        diner.wait_for(order, "fulfilled").await;
    }
}

#[tokio::test]
async fn an_order_that_is_refused_after_it_was_acknowledged_is_rejected_with_the_reason() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    app.factory.always(Answer::Refuse(400, "no pineapple"));
    let order = diner.order_without_waiting(&[1]).await;
    assert_eq!(diner.wait_for(order, "rejected").await["message"], "no pineapple");
}

#[tokio::test]
async fn retries_stop_when_their_budget_is_spent() {
    let app = TestApp::start(|config| {
        patient(config);
        config.fulfilment.retry_budget = 0.0;
        config.fulfilment.backoff = super::FOR_EVER;
        config.fulfilment.backoff_max = super::FOR_EVER;
    })
    .await;
    app.factory.for_menu_item(5, Answer::Status(500));
    let diner = app.diner().await;
    // Once something was made, new orders have a lane of their own beside the backlog.
    diner.order(&[1]).await.expect(200);
    for _ in 0..6 {
        diner.order(&[5]).await.expect(202);
    }
    assert_eq!(app.factory.calls().len(), 10, "seven first tries, and the floor of three retries");
}

#[tokio::test]
async fn an_order_that_fails_while_others_succeed_waits_for_a_person() {
    let app = TestApp::start(|config| {
        patient(config);
        config.fulfilment.quarantine_after = 2;
    })
    .await;
    app.factory.for_menu_item(5, Answer::Status(500));
    let diner = app.diner().await;
    diner.order(&[1]).await.expect(200);
    let poison = diner.order(&[5]).await.expect(202).order_id();
    let state = async || app.store().order(OrderId(poison)).await.unwrap().unwrap().state;
    eventually("it is in quarantine", async || (state().await == OrderState::Quarantined).then_some(()))
        .await;

    let shown = diner.look_at(poison).await.expect(200);
    assert_eq!(shown["status"], "queued");
    let text = "Your order is saved. It takes longer than it should, and we are looking into it.";
    assert_eq!(shown.message(), text);
    assert!(shown.body.get("estimatedReadyAt").is_none());
    assert_eq!(diner.history().await["orders"][0]["status"], "queued");
    let calls = app.factory.calls_for(poison).len();
    for _ in 0..5 {
        diner.order(&[1, 2]).await.expect(200);
    }
    assert_eq!(app.factory.calls_for(poison).len(), calls, "it bothers the factory no more");
    assert_eq!(diner.kitchen().await, "open");
    let quarantined = r#"pizza_fulfilment_attempts_total{result="quarantined"}"#;
    assert_eq!(app.visitor().metric(quarantined).await, Some(1.0));

    diner.cancel(poison).await.expect(200);
    assert_eq!(diner.look_at(poison).await["status"], "cancelled");
    let told = diner.events(poison, None).await.until_closed().await;
    assert!(told.iter().all(|event| event.data["status"] != "quarantined"), "{told:?}");
}

#[tokio::test]
async fn an_outage_puts_nobody_s_order_in_quarantine() {
    let app = TestApp::start(|config| {
        touchy(config);
        config.fulfilment.quarantine_after = 1;
    })
    .await;
    let diner = app.diner().await;
    app.factory.always(Answer::Status(500));
    let order = diner.order(&[1]).await.expect(202).order_id();
    app.factory.wait_for_calls(5).await;
    app.factory.always(Answer::Pizza);
    diner.wait_for(order, "fulfilled").await;
}

#[tokio::test]
async fn a_trace_goes_with_its_order_through_the_queue() {
    let app = TestApp::start(touchy).await;
    app.factory.always(Answer::Status(500));
    let diner = app.diner().await;
    diner.order(&[1]).await.expect(202);
    diner.wait_for_kitchen("closed").await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736";
    let headers = [("traceparent", &*format!("{trace}-00f067aa0ba902b7-01")), ("prefer", "respond-async")];
    let reply = diner.order_with(&headers, &Diner::wants(&[2])).await.expect(202);
    let (order, request_id) = (reply.order_id(), reply.header("x-request-id").unwrap());
    app.factory.always(Answer::Pizza);
    diner.wait_for(order, "fulfilled").await;
    let calls = app.factory.calls_for(order);
    assert!(!calls.is_empty());
    // The request is the part of the trace that the call belongs to, and its id says so.
    let told = format!("{trace}-{request_id}-01");
    assert!(calls.iter().all(|call| call.traceparent.as_deref() == Some(&told)), "{calls:?}");
}

#[tokio::test]
async fn an_order_without_a_trace_begins_one() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    diner.order(&[1]).await.expect(200);
    diner.order_with(&[("traceparent", "nonsense")], &Diner::wants(&[1])).await.expect(200);
    for call in app.factory.calls() {
        let trace = call.traceparent.unwrap();
        assert_eq!(trace.split('-').map(str::len).collect::<Vec<_>>(), [2, 32, 16, 2], "{trace}");
    }
}

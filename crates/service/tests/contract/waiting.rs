//! How long a diner waits, and what they are told when the pizza is not ready by then.

use super::{FOR_EVER, closed_kitchen, quick_to_degrade};
use jiff::Timestamp;
use std::time::{Duration, Instant};
use test_kit::{Answer, Diner, Reply, TestApp};

/// What every 202 has, whatever the kitchen.
fn assert_saved(reply: &Reply) {
    let order = reply.order_id();
    assert_eq!(reply.header("location"), Some(format!("/api/order/{order}").as_str()));
    assert!(reply.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(reply["order"]["status"], "queued");
    assert_eq!(reply["order"]["items"][0]["price"], 0.0038);
    assert!(reply.body.get("jwt").is_none(), "{}", reply.text);
    let ready: Timestamp = reply["estimatedReadyAt"].as_str().unwrap().parse().unwrap();
    let date: Timestamp = reply["order"]["date"].as_str().unwrap().parse().unwrap();
    assert!(ready > date);
}

#[tokio::test]
async fn a_closed_kitchen_saves_the_order_and_says_so() {
    let (_app, diner, _) = closed_kitchen(|_| {}).await;
    let reply = diner.order(&[1]).await.expect(202);
    assert_saved(&reply);
    let text = "The kitchen is currently closed. Your order is saved and will be made as soon as it reopens.";
    assert_eq!(reply.message(), text);
}

#[tokio::test]
async fn the_order_that_meets_a_closed_factory_is_saved_too() {
    let app = TestApp::start(super::touchy).await;
    app.factory.always(Answer::Status(500));
    assert_saved(&app.diner().await.order(&[1]).await.expect(202));
}

#[tokio::test]
async fn an_open_kitchen_that_takes_longer_than_the_wait_says_so() {
    let app = TestApp::start(|_| {}).await;
    app.factory.always(Answer::Hang);
    let begun = Instant::now();
    let reply = app.diner().await.order_with(&[("prefer", "wait=1")], &Diner::wants(&[1])).await.expect(202);
    assert!(begun.elapsed() >= Duration::from_secs(1), "the diner was willing to wait");
    assert_saved(&reply);
    assert_eq!(
        reply.message(),
        "Your order is saved and is being made. It takes a little longer than usual."
    );
}

#[tokio::test]
async fn a_degraded_kitchen_acknowledges_at_once_and_goes_on_calling() {
    let app = TestApp::start(quick_to_degrade).await;
    app.factory.always(Answer::Slow(Duration::from_secs(6)));
    let diner = app.diner().await;
    let first = diner.order_without_waiting(&[1]).await;
    diner.wait_for_kitchen("degraded").await;

    let reply = diner.order_with(&[("prefer", "wait=20")], &Diner::wants(&[1])).await.expect(202);
    assert_saved(&reply);
    let text = "The kitchen is slower than usual. Your order is saved and will be made as soon as possible.";
    assert_eq!(reply.message(), text);
    assert_eq!(app.factory.pizzas_made(), 0, "nobody had to wait for a slow pizza");

    app.factory.wait_for_calls(2).await;
    for order in [first, reply.order_id()] {
        diner.wait_for(order, "fulfilled").await;
    }
}

#[tokio::test]
async fn who_prefers_so_does_not_wait_at_all() {
    let app = TestApp::start(|config| {
        config.orders.default_wait = FOR_EVER;
        config.orders.max_wait = FOR_EVER;
    })
    .await;
    app.factory.always(Answer::Hang);
    let diner = app.diner().await;
    for prefer in ["respond-async", "Respond-Async", "respond-async, wait=100", "wait=0"] {
        let reply = diner.order_with(&[("prefer", prefer)], &Diner::wants(&[1])).await.expect(202);
        assert_saved(&reply);
    }
}

#[tokio::test]
async fn the_wait_is_bounded_and_nonsense_means_the_default() {
    let app = TestApp::start(|config| {
        config.orders.default_wait = Duration::from_millis(10);
        config.orders.max_wait = Duration::from_millis(100);
    })
    .await;
    app.factory.always(Answer::Hang);
    let diner = app.diner().await;
    for prefer in ["wait=3600", "wait=-1", "wait=soon", "handling=lenient", ""] {
        diner.order_with(&[("prefer", prefer)], &Diner::wants(&[1])).await.expect(202);
    }
}

#[tokio::test]
async fn a_slow_factory_is_202_and_then_a_pizza() {
    let app = TestApp::start(|_| {}).await;
    app.factory.always(Answer::Slow(Duration::from_secs(2)));
    let diner = app.diner().await;
    let reply = diner.order_with(&[("prefer", "wait=0")], &Diner::wants(&[1])).await.expect(202);
    let order = diner.wait_for(reply.order_id(), "fulfilled").await;
    assert!(order["jwt"].is_string());
    assert_eq!((app.factory.calls().len(), app.factory.pizzas_made()), (1, 1));
}

#[tokio::test]
async fn an_order_behind_others_in_an_open_kitchen_is_worth_waiting_for() {
    let app = TestApp::start(|config| config.fulfilment.fresh_in_flight = 1).await;
    app.factory.next([Answer::Slow(Duration::from_secs(1))]);
    let diner = app.diner().await;
    let first = diner.order_without_waiting(&[1]).await;
    app.factory.wait_for_calls(1).await;
    let second = diner.order(&[1]).await.expect(200);
    assert_eq!(second["order"]["status"], "fulfilled");
    assert!(second["jwt"].is_string());
    diner.wait_for(first, "fulfilled").await;
}

#[tokio::test]
async fn an_order_behind_others_learns_that_it_is_rejected() {
    let app = TestApp::start(|config| config.fulfilment.fresh_in_flight = 1).await;
    app.factory.next([Answer::Slow(Duration::from_secs(1)), Answer::Refuse(400, "no pineapple")]);
    let diner = app.diner().await;
    diner.order_without_waiting(&[1]).await;
    app.factory.wait_for_calls(1).await;
    let second = diner.order(&[1]).await.expect(422);
    assert_eq!(second.message(), "no pineapple");
    assert_eq!(second["order"]["status"], "rejected");
}

#[tokio::test]
async fn a_diner_who_hangs_up_loses_nothing() {
    let app = TestApp::start(|_| {}).await;
    app.factory.always(Answer::Slow(Duration::from_secs(1)));
    let diner = app.diner().await;
    let impatient = diner.clone();
    let request = tokio::spawn(async move { impatient.order(&[1]).await });
    app.factory.wait_for_calls(1).await;
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());

    let order = diner.order_ids().await[0];
    diner.wait_for(order, "fulfilled").await;
    assert_eq!(app.factory.calls().len(), 1);
}

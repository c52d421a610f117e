//! What cannot be promised is refused before anything is stored.

use super::{closed_kitchen, touchy};
use service::config::WhenClosed;
use test_kit::{Answer, Diner, TestApp};

#[tokio::test]
async fn a_queue_at_its_limit_takes_no_more() {
    let (app, diner, first) = closed_kitchen(|config| config.orders.queue_limit = 2).await;
    let second = diner.order(&[1]).await.expect(202).order_id();
    let reply = diner.order(&[1]).await.expect(503);
    assert_eq!(
        reply.message(),
        "We cannot take more orders right now. Nothing was ordered; please try again later."
    );
    assert!(reply.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    assert!(reply.body.get("order").is_none());
    assert_eq!(diner.order_ids().await, [second, first], "nothing was stored");
    assert_eq!(app.visitor().metric(r#"pizza_orders_total{outcome="refused"}"#).await, Some(1.0));

    diner.cancel(first).await.expect(200);
    test_kit::eventually("there is room again", async || {
        (diner.order(&[1]).await.status == 202).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_closed_kitchen_refuses_when_it_is_told_to() {
    let (_app, diner, first) = closed_kitchen(|config| config.orders.when_closed = WhenClosed::Refuse).await;
    let reply = diner.order(&[1]).await.expect(503);
    assert_eq!(reply.message(), "The kitchen is currently closed.");
    assert!(reply.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    assert!(reply.body.get("order").is_none());
    assert_eq!(diner.order_ids().await, [first], "the order is not kept");
}

#[tokio::test]
async fn a_kitchen_that_refuses_while_closed_takes_orders_again() {
    let app = TestApp::start(|config| {
        touchy(config);
        config.orders.when_closed = WhenClosed::Refuse;
    })
    .await;
    app.factory.always(Answer::Status(500));
    let diner = app.diner().await;
    let first = diner.order(&[1]).await.expect(202).order_id();
    diner.wait_for_kitchen("closed").await;

    app.factory.always(Answer::Pizza);
    diner.wait_for(first, "fulfilled").await;
    test_kit::eventually("an order is made again", async || {
        (diner.order(&[1]).await.status == 200).then_some(())
    })
    .await;
    test_kit::eventually("the kitchen is open", async || {
        diner.order(&[1]).await;
        (diner.kitchen().await == "open").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_503_and_nothing_is_stored() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let lock = app.lock_database();
    let reply = diner.order_with(&[("idempotency-key", "one")], &Diner::wants(&[1])).await.expect(503);
    assert_eq!(reply.message(), "We cannot do that right now. Nothing was changed; please try again.");
    assert!(reply.header("retry-after").is_some());
    assert_eq!(app.factory.calls().len(), 0, "nothing is sent that is not durable");

    drop(lock);
    assert_eq!(diner.order_ids().await, [0; 0]);
    diner.order_with(&[("idempotency-key", "one")], &Diner::wants(&[1])).await.expect(200);
}

//! A client's own name for an order.

use futures::future::join_all;
use serde_json::json;
use std::time::Duration;
use test_kit::{Answer, Diner, Reply, TestApp};

async fn order(diner: &Diner, key: &str, menu_id: i64) -> Reply {
    diner.order_with(&[("idempotency-key", key)], &Diner::wants(&[menu_id])).await
}

#[tokio::test]
async fn the_same_request_again_is_the_same_order() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let first = order(&diner, "one", 1).await.expect(200);
    let again = order(&diner, "one", 1).await.expect(200);
    assert_eq!(again.body, first.body);
    assert_eq!(diner.order_ids().await, [1]);
    assert_eq!(app.factory.calls().len(), 1);
}

#[tokio::test]
async fn another_key_or_none_is_another_order() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    order(&diner, "one", 1).await.expect(200);
    order(&diner, "two", 1).await.expect(200);
    diner.order(&[1]).await.expect(200);
    diner.order(&[1]).await.expect(200);
    assert_eq!(diner.order_ids().await, [4, 3, 2, 1]);
}

#[tokio::test]
async fn another_order_under_the_same_key_is_refused() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    order(&diner, "one", 1).await.expect(200);
    let reply = order(&diner, "one", 2).await.expect(422);
    assert_eq!(reply.message(), "this Idempotency-Key was used for another order");
    assert!(reply.body.get("order").is_none());
    assert_eq!(diner.order_ids().await, [1]);
}

#[tokio::test]
async fn a_key_is_its_diner_s_own() {
    let app = TestApp::start(|_| {}).await;
    let kai = Diner::register(app.base(), "Kai", "kai@jwt.com").await;
    let one = order(&app.diner().await, "one", 1).await.expect(200).order_id();
    let other = order(&kai, "one", 2).await.expect(200).order_id();
    assert_ne!(one, other);
}

#[tokio::test]
async fn a_key_must_be_1_to_255_printable_characters() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let long = "k".repeat(256);
    for key in ["", "a\tb", "é", long.as_str()] {
        let reply = order(&diner, key, 1).await.expect(400);
        assert_eq!(reply.message(), "Idempotency-Key must be 1 to 255 printable ASCII characters");
    }
    assert_eq!(diner.order_ids().await, [0; 0]);
    order(&diner, &long[1..], 1).await.expect(200);
    order(&diner, "a b~!", 1).await.expect(200);
}

#[tokio::test]
async fn the_same_request_many_times_at_once_is_one_order() {
    let app = TestApp::start(|_| {}).await;
    app.factory.always(Answer::Slow(Duration::from_millis(300)));
    let diner = app.diner().await;
    let replies = join_all((0..12).map(|_| order(&diner, "one", 1))).await;
    for reply in &replies {
        assert!([200, 202].contains(&reply.status), "{}", reply.text);
        assert_eq!(reply.order_id(), 1);
    }
    diner.wait_for(1, "fulfilled").await;
    assert_eq!(diner.order_ids().await, [1]);
    assert_eq!((app.factory.calls().len(), app.factory.pizzas_made()), (1, 1));
}

#[tokio::test]
async fn a_repeated_request_sees_what_became_of_the_order() {
    let (app, diner, _) = super::closed_kitchen(|_| {}).await;
    let first = order(&diner, "one", 1).await.expect(202);
    let again = order(&diner, "one", 1).await.expect(202);
    assert_eq!(again.order_id(), first.order_id());
    assert_eq!(again["order"]["date"], first["order"]["date"]);
    assert_eq!(again.header("location"), first.header("location"));
    diner.cancel(first.order_id()).await.expect(200);
    assert_eq!(order(&diner, "one", 1).await.expect(409).message(), "this order was cancelled");

    drop(app);
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    app.factory.always(Answer::Refuse(400, "no pineapple"));
    let first = order(&diner, "two", 1).await.expect(422);
    let again = order(&diner, "two", 1).await.expect(422);
    assert_eq!((again.message(), again.order_id()), ("no pineapple", first.order_id()));
    assert_eq!(again["order"]["status"], json!("rejected"));
    assert_eq!(app.factory.calls().len(), 1);
}

#[tokio::test]
async fn a_key_is_remembered_through_a_restart() {
    let mut app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let first = order(&diner, "one", 1).await.expect(200);
    app.stop().await;
    app.come_back().await;
    let again = order(&diner.moved_to(app.base()), "one", 1).await.expect(200);
    assert_eq!(again.body, first.body);
}

#[tokio::test]
async fn a_repeated_request_is_answered_even_when_no_new_order_is_taken() {
    let (_app, diner, _) = super::closed_kitchen(|config| config.orders.queue_limit = 2).await;
    let first = order(&diner, "one", 1).await.expect(202);
    diner.order(&[1]).await.expect(503);
    let again = order(&diner, "one", 1).await.expect(202);
    assert_eq!(again.order_id(), first.order_id());
}

//! The factory goes away and comes back; the service stops, dies, and comes back.

use super::{FOR_EVER, closed_kitchen, touchy};
use domain::{OrderId, OrderState};
use futures::future::join_all;
use jiff::Timestamp;
use std::time::Duration;
use test_kit::{Answer, Diner, TestApp, eventually};

#[tokio::test]
async fn an_open_circuit_makes_no_calls_whatever_is_ordered() {
    let app = TestApp::start(|config| {
        config.circuit.consecutive_failures = 3;
        config.circuit.open = FOR_EVER;
        config.circuit.open_max = FOR_EVER;
    })
    .await;
    app.factory.always(Answer::Status(500));
    let diner = app.diner().await;
    diner.order(&[1]).await.expect(202);
    for reply in join_all((0..20).map(|_| diner.order(&[1]))).await {
        reply.expect(202);
    }
    assert_eq!(app.factory.calls().len(), 3);
    assert_eq!(diner.look_at(5).await["attempts"], 0, "an open circuit spends no attempts");
}

#[tokio::test]
async fn an_outage_heals_by_itself_and_every_order_is_made_once() {
    let app = TestApp::start(touchy).await;
    app.factory.always(Answer::Status(500));
    let diner = app.diner().await;
    diner.order(&[1]).await.expect(202);
    diner.wait_for_kitchen("closed").await;
    let mut orders = vec![1];
    for _ in 0..12 {
        orders.push(diner.order_without_waiting(&[2]).await);
    }
    app.factory.always(Answer::Pizza);
    for order in &orders {
        assert!(diner.wait_for(*order, "fulfilled").await["jwt"].is_string());
    }
    diner.wait_for_kitchen("open").await;
    assert_eq!(app.factory.pizzas_made(), orders.len());
    diner.order(&[1]).await.expect(200);
}

#[tokio::test]
async fn a_factory_that_refuses_connections_is_an_outage_like_any_other() {
    let mut app = TestApp::start(touchy).await;
    let diner = app.diner().await;
    diner.order(&[1]).await.expect(200);
    app.factory.go_down().await;
    let order = diner.order(&[1]).await.expect(202).order_id();
    diner.wait_for_kitchen("closed").await;
    app.factory.come_back().await;
    diner.wait_for(order, "fulfilled").await;
}

#[tokio::test]
async fn the_backlog_is_worked_off_oldest_first() {
    let app = TestApp::start(|config| {
        touchy(config);
        config.fulfilment.backlog_in_flight = 1;
        // The first failure waits the longest, so that it is not among those that come next.
        config.fulfilment.backoff = Duration::from_secs(2);
        config.fulfilment.backoff_max = Duration::from_secs(2);
        config.circuit.open = Duration::from_secs(1);
        config.circuit.open_max = Duration::from_secs(1);
    })
    .await;
    app.factory.always(Answer::Status(500));
    let diner = app.diner().await;
    let first = diner.order(&[1]).await.expect(202).order_id();
    app.factory.always(Answer::Pizza);
    let mut orders = Vec::new();
    for _ in 0..8 {
        orders.push(diner.order_without_waiting(&[2]).await);
    }
    for order in &orders {
        diner.wait_for(*order, "fulfilled").await;
    }
    let sent: Vec<_> = app.factory.calls().iter().map(|call| call.order).filter(|id| *id != first).collect();
    assert_eq!(sent, orders);
    diner.wait_for(first, "fulfilled").await;
}

#[tokio::test]
async fn one_franchise_s_backlog_does_not_starve_another() {
    let app = TestApp::start(|config| {
        touchy(config);
        config.fulfilment.backlog_in_flight = 1;
        config.circuit.open = Duration::from_secs(2);
        config.circuit.open_max = Duration::from_secs(2);
    })
    .await;
    let (franchise, store) = app.admin().await.new_store("small").await;
    app.factory.always(Answer::Status(500));
    let diner = app.diner().await;
    diner.order(&[1]).await.expect(202);
    app.factory.always(Answer::Pizza);
    for _ in 0..15 {
        diner.order_without_waiting(&[2]).await;
    }
    let mut order = Diner::wants(&[3]);
    order["franchiseId"] = franchise.into();
    order["storeId"] = store.into();
    let small = diner.order_with(&[("prefer", "respond-async")], &order).await.expect(202).order_id();
    let calls = app.factory.wait_for_calls(18).await;
    let place = calls.iter().position(|call| call.order == small).unwrap();
    assert!(place < 12, "it came last and was sent as number {place}");
}

#[tokio::test]
async fn a_factory_that_asks_to_be_left_alone_is() {
    let app = TestApp::start(|config| {
        touchy(config);
        config.circuit.open_max = FOR_EVER;
    })
    .await;
    app.factory.always(Answer::RateLimited(50));
    let diner = app.diner().await;
    diner.order(&[1]).await.expect(202);
    diner.wait_for_kitchen("closed").await;
    let status = diner.get("/api/status").await;
    let reopen: Timestamp = status["estimatedReopen"].as_str().unwrap().parse().unwrap();
    assert!(reopen.duration_since(Timestamp::now()).as_secs() > 20, "{}", status.text);
    assert_eq!(app.factory.calls().len(), 1);
}

#[tokio::test]
async fn a_stop_finishes_what_is_in_flight() {
    let mut app = TestApp::start(|_| {}).await;
    app.factory.always(Answer::Slow(Duration::from_secs(1)));
    let diner = app.diner().await;
    let waiting = diner.clone();
    let order = tokio::spawn(async move { waiting.order(&[1]).await });
    app.factory.wait_for_calls(1).await;
    app.stop().await;
    let reply = order.await.unwrap().expect(200);
    assert!(reply["jwt"].is_string());

    app.come_back().await;
    let made = diner.moved_to(app.base()).look_at(reply.order_id()).await;
    assert_eq!((&made["status"], &made["jwt"]), (&"fulfilled".into(), &reply["jwt"]));
}

#[tokio::test]
async fn a_stop_gives_back_what_it_cannot_finish() {
    let mut app = TestApp::start(|config| config.http.shutdown_grace = Duration::from_millis(200)).await;
    app.factory.always(Answer::Hang);
    let diner = app.diner().await;
    let order = diner.order_without_waiting(&[1]).await;
    app.factory.wait_for_calls(1).await;
    app.stop().await;

    app.factory.always(Answer::Pizza);
    app.come_back().await;
    // Its lease would have held it for a minute.
    diner.moved_to(app.base()).wait_for(order, "fulfilled").await;
    let calls = app.factory.calls();
    assert_eq!(calls[0].idempotency_key, calls[1].idempotency_key);
}

#[tokio::test]
async fn a_crash_loses_nothing_and_makes_no_second_pizza() {
    let mut app = TestApp::start(|config| config.fulfilment.lease = Duration::from_secs(1)).await;
    app.factory.always(Answer::Slow(Duration::from_millis(300)));
    let diner = app.diner().await;
    let order = diner.order_without_waiting(&[1]).await;
    app.factory.wait_for_calls(1).await;
    app.crash().await;
    eventually("the pizza is made", async || (app.factory.pizzas_made() == 1).then_some(())).await;

    app.factory.always(Answer::Pizza);
    app.come_back().await;
    let made = diner.moved_to(app.base()).wait_for(order, "fulfilled").await;
    assert_eq!(made["attempts"], 2);
    assert_eq!(app.factory.pizzas_made(), 1);
    let calls = app.factory.calls();
    assert_eq!(calls[0].idempotency_key, calls[1].idempotency_key);
    assert_eq!(calls[0].body, calls[1].body);
}

#[tokio::test]
async fn a_backlog_outlives_a_crash() {
    let (mut app, diner, first) = closed_kitchen(|_| {}).await;
    let second = diner.order(&[2]).await.expect(202).order_id();
    app.crash().await;
    app.factory.always(Answer::Pizza);
    app.come_back().await;
    let diner = diner.moved_to(app.base());
    for order in [first, second] {
        diner.wait_for(order, "fulfilled").await;
    }
}

#[tokio::test]
async fn a_lease_that_ran_out_is_rescued_while_the_service_runs() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let me = diner.get("/api/user/me").await["id"].as_i64().unwrap();
    let lost = abandoned_order(&app, me).await;
    assert_eq!(app.store().order(lost).await.unwrap().unwrap().state, OrderState::Making);
    diner.wait_for(lost.0, "fulfilled").await;
}

/// An order in the hands of an instance that is no more.
async fn abandoned_order(app: &TestApp, diner: i64) -> OrderId {
    let [name, email] = ["pizza diner", "d@jwt.com"].map(str::to_owned);
    let price = domain::Bitcoin::from_satoshi(380_000);
    let item = domain::OrderItem { menu_id: domain::MenuId(1), description: "Veggie".to_owned(), price };
    let order = store::NewOrder {
        diner: domain::Diner { id: domain::UserId(diner), name, email },
        franchise: domain::FranchiseId(1),
        store: domain::StoreId(1),
        items: vec![item],
        idempotency: None,
        traceparent: None,
        claim: Some(store::Lease { token: store::Token::new(), duration: Duration::from_secs(1) }),
    };
    match app.store().place_order(order).await.unwrap() {
        store::Placed::Saved { id, .. } => id,
        other => panic!("{other:?}"),
    }
}

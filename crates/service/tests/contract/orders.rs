//! Placing, reading and cancelling orders.

use jiff::Timestamp;
use serde_json::{Value, json};
use test_kit::{Answer, Diner, TestApp};

#[tokio::test]
async fn an_order_is_answered_with_its_pizza() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let reply = diner.order(&[1, 5]).await.expect(200);
    let date = reply["order"]["date"].as_str().unwrap();
    assert!(date.parse::<Timestamp>().is_ok(), "{date}");
    let order = json!({
        "id": 1, "franchiseId": 1, "storeId": 1, "date": date, "status": "fulfilled",
        "items": [
            { "menuId": 1, "description": "Veggie", "price": 0.0038 },
            { "menuId": 5, "description": "Charred Leopard", "price": 0.0099 },
        ],
    });
    assert_eq!(reply["order"], order);
    assert_eq!(reply["jwt"].as_str().unwrap().split('.').count(), 3);
    assert_eq!(reply.body.as_object().unwrap().len(), 2, "order and jwt: {}", reply.text);
}

#[tokio::test]
async fn the_factory_learns_who_ordered_what_where() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let me = diner.get("/api/user/me").await;
    let placed = diner.order(&[1]).await.expect(200);
    let call = app.factory.calls().remove(0);
    let expected = json!({
        "diner": { "id": me["id"], "name": "pizza diner", "email": "d@jwt.com" },
        "order": {
            "id": 1, "franchiseId": 1, "storeId": 1, "date": placed["order"]["date"],
            "items": [{ "menuId": 1, "description": "Veggie", "price": 0.0038 }],
        },
    });
    assert_eq!(call.body, expected);
}

#[tokio::test]
async fn ids_may_come_as_numbers_in_quotes() {
    let app = TestApp::start(|_| {}).await;
    let body = json!({ "franchiseId": "1", "storeId": "1", "items": [{ "menuId": "3" }] });
    let reply = app.diner().await.order_with(&[], &body).await.expect(200);
    assert_eq!(reply["order"]["items"][0]["menuId"], 3);
    assert_eq!(reply["order"]["storeId"], 1);
}

#[tokio::test]
async fn an_order_has_1_to_20_items_and_others_are_refused_at_once() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let refused = diner.order(&[]).await.expect(400);
    assert_eq!(refused.message(), "an order needs at least 1 item");
    let no_items = json!({ "franchiseId": 1, "storeId": 1 });
    assert_eq!(
        diner.order_with(&[], &no_items).await.expect(400).message(),
        "an order needs at least 1 item"
    );
    let refused = diner.order(&[1; 21]).await.expect(400);
    assert_eq!(refused.message(), "an order can have at most 20 items, this one has 21");
    assert_eq!(app.factory.calls().len(), 0, "the factory is not bothered");
    assert_eq!(diner.order_ids().await, [0; 0]);

    let full = diner.order(&[1; 20]).await.expect(200);
    assert_eq!(full["order"]["items"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn what_is_not_on_the_menu_cannot_be_ordered() {
    let app = TestApp::start(|_| {}).await;
    let reply = app.diner().await.order(&[1, 99]).await.expect(400);
    assert_eq!(reply.message(), "menu item 99 does not exist");
    assert_eq!(app.factory.calls().len(), 0);
}

#[tokio::test]
async fn a_store_must_be_one_of_the_franchise() {
    let app = TestApp::start(|_| {}).await;
    let (franchise, store) = app.admin().await.new_store("calzone").await;
    let diner = app.diner().await;
    let order_at = async |franchise: i64, store: i64| {
        let mut order = Diner::wants(&[1]);
        order["franchiseId"] = franchise.into();
        order["storeId"] = store.into();
        diner.order_with(&[], &order).await
    };
    for (franchise, store) in [(1, store), (franchise, 1), (1, 99), (99, 1)] {
        assert_eq!(order_at(franchise, store).await.expect(404).message(), "unknown store");
    }
    order_at(franchise, store).await.expect(200);
}

#[tokio::test]
async fn an_order_that_makes_no_sense_is_refused() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    for body in [
        json!({}),
        json!([]),
        json!({ "storeId": 1, "items": [{ "menuId": 1 }] }),
        json!({ "franchiseId": 1, "storeId": "one", "items": [{ "menuId": 1 }] }),
        json!({ "franchiseId": 1, "storeId": 1.5, "items": [{ "menuId": 1 }] }),
        json!({ "franchiseId": 1, "storeId": 1, "items": [{}] }),
        json!({ "franchiseId": 1, "storeId": 1, "items": [1] }),
        json!({ "franchiseId": 1, "storeId": 1, "items": "all" }),
    ] {
        let reply = diner.order_with(&[], &body).await.expect(400);
        assert_ne!(reply.message(), "", "{body}");
    }
    assert_eq!(diner.order_ids().await, [0; 0]);
}

#[tokio::test]
async fn only_who_is_signed_in_orders_and_looks() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    for reply in [
        visitor.post("/api/order", &Diner::wants(&[1])).await,
        visitor.get("/api/order").await,
        visitor.get("/api/order/1").await,
        visitor.get("/api/order/1/events").await,
        visitor.delete("/api/order/1").await,
    ] {
        assert_eq!(reply.expect(401).message(), "unauthorized");
    }
}

#[tokio::test]
async fn what_the_factory_refuses_for_good_is_rejected_with_its_reason() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    for status in [400, 413, 422] {
        app.factory.always(Answer::Refuse(status, "no pineapple"));
        let reply = diner.order(&[1]).await.expect(422);
        assert_eq!(reply.message(), "no pineapple");
        assert_eq!(reply["order"]["status"], "rejected");
        assert_eq!(reply["order"]["items"][0]["price"], 0.0038);
        assert!(reply.body.get("jwt").is_none());
        let order = diner.look_at(reply.order_id()).await.expect(200);
        assert_eq!((&order["status"], &order["message"]), (&json!("rejected"), &json!("no pineapple")));
    }
    assert_eq!(app.factory.calls().len(), 3, "what is refused for good is not tried again");
    assert_eq!(diner.kitchen().await, "open", "that an order is wrong says nothing about the factory");
}

#[tokio::test]
async fn a_history_is_newest_first_and_ten_a_page() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let me = diner.get("/api/user/me").await;
    let empty = diner.history().await.expect(200);
    assert_eq!(empty.body, json!({ "dinerId": me["id"], "orders": [], "page": 1 }));

    for menu_id in [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1] {
        diner.order(&[menu_id]).await.expect(200);
    }
    assert_eq!(diner.order_ids().await, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    let second = diner.get("/api/order?page=2").await.expect(200);
    let orders = second["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 1);
    let order = &orders[0];
    assert!(order["items"][0]["id"].is_i64() && order["jwt"].is_string() && order["date"].is_string());
    let expected = json!({
        "id": 1, "franchiseId": 1, "storeId": 1, "date": order["date"], "status": "fulfilled", "jwt": order["jwt"],
        "items": [{ "id": order["items"][0]["id"], "menuId": 1, "description": "Veggie", "price": 0.0038 }],
    });
    assert_eq!(*order, expected);
}

#[tokio::test]
async fn the_page_is_echoed_as_clients_assert_it() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    assert_eq!(diner.get("/api/order").await.expect(200)["page"], 1);
    for sent in ["1", "2", "0", "-3", "nonsense", "99999999999999999999"] {
        let reply = diner.get(&format!("/api/order?page={sent}")).await.expect(200);
        assert_eq!(reply["page"], Value::from(sent));
    }
}

#[tokio::test]
async fn a_history_is_one_s_own() {
    let app = TestApp::start(|_| {}).await;
    app.diner().await.order(&[1]).await.expect(200);
    let kai = Diner::register(app.base(), "Kai", "kai@jwt.com").await;
    assert_eq!(kai.order_ids().await, [0; 0]);
    assert_eq!(app.admin().await.order_ids().await, [0; 0]);
}

#[tokio::test]
async fn a_fulfilled_order_can_be_looked_at_with_its_pizza() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let placed = diner.order(&[2]).await.expect(200);
    let order = diner.look_at(1).await.expect(200);
    assert_eq!(order["status"], "fulfilled");
    assert_eq!(order["jwt"], placed["jwt"]);
    assert_eq!(order["attempts"], 1);
    assert_eq!(order["items"][0]["description"], "Pepperoni");
    let time = |member: &str| order[member].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert!(time("queuedAt") <= time("fulfilledAt"));
    assert!(order.body.get("estimatedReadyAt").is_none());
}

#[tokio::test]
async fn a_queued_order_can_be_looked_at_with_an_estimate() {
    let (_app, diner, id) = super::closed_kitchen(|_| {}).await;
    let order = diner.look_at(id).await.expect(200);
    assert_eq!(order["status"], "queued");
    assert_eq!(order["attempts"], 1);
    assert_eq!(order["fulfilledAt"], Value::Null);
    assert!(order.body.get("jwt").is_none());
    let ready: Timestamp = order["estimatedReadyAt"].as_str().unwrap().parse().unwrap();
    assert!(ready > Timestamp::now());
}

#[tokio::test]
async fn only_the_owner_and_an_admin_see_an_order() {
    let app = TestApp::start(|_| {}).await;
    let (diner, admin) = (app.diner().await, app.admin().await);
    let kai = Diner::register(app.base(), "Kai", "kai@jwt.com").await;
    let id = diner.order(&[1]).await.expect(200).order_id();

    admin.look_at(id).await.expect(200);
    for path in ["/api/order/1", "/api/order/99", "/api/order/nonsense", "/api/order/1/events"] {
        assert_eq!(kai.get(path).await.expect(404).message(), "unknown order", "{path}");
    }
    assert_eq!(kai.cancel(id).await.expect(404).message(), "unknown order");
}

#[tokio::test]
async fn an_order_can_be_cancelled_while_it_is_queued() {
    let (app, diner, order) = super::closed_kitchen(|_| {}).await;
    let calls = app.factory.calls().len();
    let reply = diner.cancel(order).await.expect(200);
    assert_eq!(reply.body, json!({ "message": "order cancelled" }));
    assert_eq!(diner.look_at(order).await["status"], "cancelled");
    assert_eq!(diner.history().await["orders"][0]["status"], "cancelled");
    diner.cancel(order).await.expect(409);
    assert_eq!(app.factory.calls().len(), calls);

    let by_admin = diner.order_without_waiting(&[1]).await;
    app.admin().await.cancel(by_admin).await.expect(200);
    assert_eq!(diner.look_at(by_admin).await["status"], "cancelled");
}

#[tokio::test]
async fn a_cancelled_order_is_not_made_when_the_kitchen_reopens() {
    let app = TestApp::start(super::touchy).await;
    app.factory.always(Answer::Status(500));
    let diner = app.diner().await;
    let first = diner.order(&[1]).await.expect(202).order_id();
    diner.wait_for_kitchen("closed").await;
    let cancelled = diner.order_without_waiting(&[2]).await;
    // The one that probes may be in the factory's hands for a moment.
    test_kit::eventually("it can be cancelled", async || {
        (diner.cancel(cancelled).await.status == 200).then_some(())
    })
    .await;
    let calls = app.factory.calls_for(cancelled).len();

    app.factory.always(Answer::Pizza);
    diner.wait_for(first, "fulfilled").await;
    for _ in 0..3 {
        let order = diner.order_without_waiting(&[3]).await;
        diner.wait_for(order, "fulfilled").await;
    }
    assert_eq!(app.factory.calls_for(cancelled).len(), calls);
    assert_eq!(diner.look_at(cancelled).await["status"], "cancelled");
}

#[tokio::test]
async fn an_order_that_is_being_made_or_has_ended_cannot_be_cancelled() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    app.factory.next([Answer::Hang]);
    let making = diner.order_without_waiting(&[1]).await;
    let reply = diner.cancel(making).await.expect(409);
    assert_eq!(reply.message(), "the order is making and cannot be cancelled any more");

    let made = diner.order(&[1]).await.expect(200).order_id();
    let reply = diner.cancel(made).await.expect(409);
    assert_eq!(reply.message(), "the order is fulfilled and cannot be cancelled any more");

    app.factory.always(Answer::Refuse(400, "no"));
    let rejected = diner.order(&[1]).await.expect(422).order_id();
    diner.cancel(rejected).await.expect(409);
}

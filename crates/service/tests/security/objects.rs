//! API1:2023 Broken object level authorization: what belongs to somebody else.

use crate::{Operation, id_of};
use serde_json::json;
use test_kit::{Diner, TestApp};

#[tokio::test]
async fn orders_of_others() {
    let app = TestApp::start(|_| {}).await;
    let kai = Diner::register(app.base(), "Kai", "kai@jwt.com").await;
    let order = app.diner().await.order(&[1]).await.expect(200).order_id();
    let secret = kai.look_at(order).await.expect(404);
    let absent = kai.look_at(order + 1).await.expect(404);
    assert_eq!(secret.message(), absent.message(), "an order of somebody else does not exist");
    app.franchisee().await.look_at(order).await.expect(404);
}

#[tokio::test]
async fn events_of_orders_of_others() {
    let app = TestApp::start(|_| {}).await;
    let order = app.diner().await.order(&[1]).await.expect(200).order_id();
    let path = format!("/api/order/{order}/events");
    for visitor in [&*Diner::register(app.base(), "Kai", "kai@jwt.com").await, &**app.franchisee().await] {
        assert_eq!(visitor.get(&path).await.expect(404).message(), "unknown order");
    }
    app.visitor().get(&path).await.expect(401);
}

#[tokio::test]
async fn cancelling_orders_of_others() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    let forced = json!({ "mode": "forced_open", "reason": "nothing is made" });
    admin.put("/api/admin/circuit", &forced).await.expect(200);
    let diner = app.diner().await;
    let order = diner.order(&[1]).await.expect(202).order_id();
    let kai = Diner::register(app.base(), "Kai", "kai@jwt.com").await;
    kai.cancel(order).await.expect(404);
    app.franchisee().await.cancel(order).await.expect(404);
    assert_eq!(diner.look_at(order).await.expect(200)["status"], "queued");
}

#[tokio::test]
async fn histories_of_others() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    diner.order(&[1]).await.expect(200);
    let kai = Diner::register(app.base(), "Kai", "kai@jwt.com").await;
    let id = id_of(&diner).await;
    for query in [format!("dinerId={id}"), format!("userId={id}"), format!("id={id}")] {
        let history = kai.get(&format!("/api/order?{query}")).await.expect(200);
        assert_eq!(history["dinerId"], id_of(&kai).await);
        assert_eq!(history["orders"], json!([]), "{query}");
    }
}

#[tokio::test]
async fn orders_in_the_name_of_others() {
    let app = TestApp::start(|_| {}).await;
    let (diner, admin) = (app.diner().await, app.admin().await);
    let mut order = Diner::wants(&[1]);
    for member in ["dinerId", "userId", "diner_id"] {
        order[member] = id_of(&admin).await.into();
    }
    order["diner"] = json!({ "id": id_of(&admin).await, "name": "somebody else", "email": "a@jwt.com" });
    diner.order_with(&[], &order).await.expect(200);
    assert_eq!(app.factory.calls()[0].body["diner"]["email"], "d@jwt.com");
    assert!(admin.order_ids().await.is_empty());
}

#[tokio::test]
async fn accounts_of_others() {
    let app = TestApp::start(|_| {}).await;
    let (diner, admin, franchisee) = (app.diner().await, app.admin().await, app.franchisee().await);
    let path = format!("/api/user/{}", id_of(&admin).await);
    for visitor in [&*diner, &**franchisee] {
        visitor.put(&path, &json!({ "password": "taken over", "email": "x@jwt.com" })).await.expect(403);
        visitor.delete(&path).await.expect(403);
    }
    app.visitor().login("a@jwt.com", "admin").await;
}

#[tokio::test]
async fn franchises_of_others() {
    let app = TestApp::start(|_| {}).await;
    let franchisee = app.franchisee().await;
    let id = id_of(&franchisee).await;
    let diner = app.diner().await;
    assert_eq!(diner.get(&format!("/api/franchise/{id}")).await.expect(200).body, json!([]));
    let own = franchisee.get(&format!("/api/franchise/{id}")).await.expect(200);
    assert_eq!(own.body[0]["name"], "pizzaPocket");
}

#[tokio::test]
async fn stores_of_others() {
    let app = TestApp::start(|_| {}).await;
    let (franchise, store) = app.admin().await.new_store("calzone").await;
    let (diner, franchisee) = (app.diner().await, app.franchisee().await);
    let stores = format!("/api/franchise/{franchise}/store");
    for visitor in [&*diner, &**franchisee] {
        visitor.post(&stores, &json!({ "name": "Provo" })).await.expect(403);
        visitor.delete(&format!("{stores}/{store}")).await.expect(403);
    }
    let list = app.visitor().get("/api/franchise").await;
    assert_eq!(list["franchises"][1]["stores"], json!([{ "id": store, "name": "first" }]));
}

#[tokio::test]
async fn stores_of_others_closed_through_one_s_own_franchise() {
    let app = TestApp::start(|_| {}).await;
    let (_, store) = app.admin().await.new_store("calzone").await;
    app.franchisee().await.close_store(1, store).await.expect(200);
    let list = app.visitor().get("/api/franchise").await;
    assert_eq!(list["franchises"][1]["stores"][0]["id"], store, "it was not theirs to close");
}

#[tokio::test]
async fn what_others_earn() {
    let app = TestApp::start(|_| {}).await;
    app.diner().await.order(&[1]).await.expect(200);
    for visitor in [&app.visitor(), &*app.diner().await, &**app.franchisee().await] {
        let list = visitor.get("/api/franchise?limit=100").await.expect(200);
        assert!(!list.text.contains("totalRevenue") && !list.text.contains("jwt.com"), "{}", list.text);
    }
}

/// Whatever has an id in its path, seen by somebody who owns nothing: all that they may learn is that it is not theirs.
#[tokio::test]
async fn ids_of_others_in_any_path() {
    let app = TestApp::start(|_| {}).await;
    app.diner().await.order(&[1]).await.expect(200);
    let kai = Diner::register(app.base(), "Kai", "kai@jwt.com").await;
    let mut walked = 0;
    for operation in Operation::all(&app).await.iter().filter(|operation| operation.path.contains("id}")) {
        let request = kai.request(operation.method.clone(), &operation.address()).json(&json!({}));
        let reply = kai.send(request).await;
        let name = operation.name();
        match name.as_str() {
            "GET /api/franchise/{id}" => assert_eq!(reply.expect(200).body, json!([])),
            _ => assert!([403, 404].contains(&reply.status), "{name}: {} {}", reply.status, reply.text),
        }
        walked += 1;
    }
    assert!(walked >= 11, "only {walked} were found");
}

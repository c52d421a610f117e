//! The menu.

use serde_json::json;
use test_kit::TestApp;

#[tokio::test]
async fn the_menu_is_open_to_all_and_prices_are_numbers() {
    let app = TestApp::start(|_| {}).await;
    let menu = app.visitor().get("/api/order/menu").await.expect(200);
    assert_eq!(menu.header("content-type"), Some("application/json"));
    let items = json!([
        { "id": 1, "title": "Veggie", "image": "pizza1.png", "price": 0.0038, "description": "A garden of delight" },
        { "id": 2, "title": "Pepperoni", "image": "pizza2.png", "price": 0.0042, "description": "Spicy treat" },
        { "id": 3, "title": "Margarita", "image": "pizza3.png", "price": 0.0042, "description": "Essential classic" },
        { "id": 4, "title": "Crusty", "image": "pizza4.png", "price": 0.0028, "description": "A dry mouthed favorite" },
        { "id": 5, "title": "Charred Leopard", "image": "pizza5.png", "price": 0.0099, "description": "For those with a darker side" },
    ]);
    assert_eq!(menu.body, items);
}

#[tokio::test]
async fn a_price_of_one_satoshi_is_shown_exactly() {
    let app = TestApp::start(|_| {}).await;
    let price = domain::Bitcoin::from_satoshi(1);
    let [title, image, description] = ["Crumb", "crumb.png", "One"].map(str::to_owned);
    app.store().add_menu_item(domain::NewMenuItem { title, image, price, description }).await.unwrap();
    let crumb = test_kit::eventually("the new pizza is on the menu", async || {
        let menu = app.visitor().get("/api/order/menu").await.expect(200);
        menu.body.as_array().unwrap().get(5).cloned()
    });
    assert_eq!(crumb.await["price"], json!(0.000_000_01));
}

#[tokio::test]
async fn an_admin_adds_a_pizza_and_gets_the_whole_menu() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    let student = json!({ "title": "Student", "description": "No topping, no sauce, just carbs", "image": "pizza9.png", "price": 0.0001 });
    let menu = admin.put("/api/order/menu", &student).await.expect(200);
    assert_eq!(menu.body.as_array().unwrap().len(), 6);
    let mut added = student.clone();
    added["id"] = 6.into();
    assert_eq!(menu.body[5], added);
    assert_eq!(app.visitor().get("/api/order/menu").await.body, menu.body, "seen at once");
    let order = app.diner().await.order(&[6]).await.expect(200);
    assert_eq!(order["order"]["items"], json!([{ "menuId": 6, "description": "Student", "price": 0.0001 }]));
}

#[tokio::test]
async fn a_pizza_needs_a_title_and_a_price_that_can_be_kept() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    let refused = async |change: serde_json::Value| {
        let mut pizza =
            json!({ "title": "Student", "description": "Carbs", "image": "p.png", "price": 0.0001 });
        for (member, value) in change.as_object().unwrap() {
            pizza[member] = value.clone();
        }
        admin.put("/api/order/menu", &pizza).await.expect(400).message().to_owned()
    };
    assert_eq!(refused(json!({ "title": null })).await, "title is required");
    assert_eq!(refused(json!({ "title": " " })).await, "title is required");
    assert_eq!(refused(json!({ "price": null })).await, "price is required");
    assert_eq!(refused(json!({ "title": "x".repeat(256) })).await, "title must be at most 255 characters");
    assert_eq!(refused(json!({ "image": "x".repeat(1025) })).await, "image must be at most 1024 characters");
    assert_eq!(refused(json!({ "price": 100 })).await, "a price must be below 100");
    for (price, why) in [
        (json!(-0.1), "must not be negative"),
        (json!(0.000_000_001), "at most 8 decimals"),
        (json!(1e300), "a price must be"),
        (json!("free"), "price"),
    ] {
        let message = refused(json!({ "price": price })).await;
        assert!(message.contains(why), "{message}");
    }
    assert_eq!(app.visitor().get("/api/order/menu").await.body.as_array().unwrap().len(), 5);
    admin.put("/api/order/menu", &json!({ "title": "Air", "price": 0 })).await.expect(200);
}

#[tokio::test]
async fn an_admin_changes_a_pizza_and_what_was_ordered_keeps_its_price() {
    let app = TestApp::start(|_| {}).await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    let before = diner.order(&[1]).await.expect(200);
    let garden = json!({ "title": "Garden", "description": "More of it", "image": "g.png", "price": 0.005 });
    let menu = admin.put("/api/order/menu/1", &garden).await.expect(200);
    let mut changed = garden.clone();
    changed["id"] = 1.into();
    assert_eq!((menu.body.as_array().unwrap().len(), &menu.body[0]), (5, &changed));
    assert_eq!(app.visitor().get("/api/order/menu").await.body, menu.body, "seen at once");
    let after = diner.order(&[1]).await.expect(200);
    assert_eq!(after["order"]["items"][0], json!({ "menuId": 1, "description": "Garden", "price": 0.005 }));
    let kept = diner.look_at(before.order_id()).await.expect(200);
    assert_eq!(
        (&kept["items"][0]["description"], &kept["items"][0]["price"]),
        (&json!("Veggie"), &json!(0.0038))
    );
    for (path, body, status) in [
        ("/api/order/menu/4711", &garden, 404),
        ("/api/order/menu/veggie", &garden, 404),
        ("/api/order/menu/1", &json!({ "title": "Free", "price": -1 }), 400),
        ("/api/order/menu/1", &json!({ "price": 1 }), 400),
    ] {
        admin.put(path, body).await.expect(status);
    }
    let acts = admin.get("/api/admin/audit").await.expect(200);
    let act = &acts["entries"][0];
    assert_eq!((&act["action"], &act["subject"]), (&json!("menu.change"), &json!("pizza 1")));
    assert_eq!(act["detail"], "Garden, 0.005 bitcoin; was Veggie, 0.0038 bitcoin");
    assert_eq!(acts["entries"].as_array().unwrap().len(), 1, "what was refused is no act");
}

#[tokio::test]
async fn a_withdrawn_pizza_cannot_be_ordered_and_what_was_ordered_is_made() {
    let app = TestApp::start(|_| {}).await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    let closed = json!({ "mode": "forced_open", "reason": "a test" });
    admin.put("/api/admin/circuit", &closed).await.expect(200);
    let waiting = diner.order_without_waiting(&[2]).await;
    let menu = admin.delete("/api/order/menu/2").await.expect(200);
    assert_eq!(
        menu.body.as_array().unwrap().iter().map(|item| &item["id"]).collect::<Vec<_>>(),
        [1, 3, 4, 5]
    );
    assert_eq!(app.visitor().get("/api/order/menu").await.body, menu.body, "seen at once");
    diner.order(&[2]).await.expect(400);
    admin.delete("/api/order/menu/2").await.expect(404);
    admin.put("/api/admin/circuit", &json!({ "mode": "automatic", "reason": "a test" })).await.expect(200);
    let made = diner.wait_for(waiting, "fulfilled").await;
    assert_eq!(made["items"][0]["description"], "Pepperoni");
    let acts = admin.get("/api/admin/audit").await.expect(200);
    let act =
        acts["entries"].as_array().unwrap().iter().find(|act| act["action"] == "menu.withdraw").unwrap();
    assert_eq!((&act["subject"], &act["detail"]), (&json!("pizza 2"), &json!("Pepperoni, 0.0042 bitcoin")));
}

#[tokio::test]
async fn nobody_else_changes_the_menu() {
    let app = TestApp::start(|_| {}).await;
    let pizza = json!({ "title": "Mine", "price": 0 });
    for who in [&*app.diner().await, &**app.franchisee().await] {
        let refused = who.put("/api/order/menu/1", &pizza).await.expect(403);
        assert_eq!(refused.message(), "unable to change menu item");
        let refused = who.delete("/api/order/menu/1").await.expect(403);
        assert_eq!(refused.message(), "unable to withdraw menu item");
    }
    app.visitor().put("/api/order/menu/1", &pizza).await.expect(401);
    app.visitor().delete("/api/order/menu/1").await.expect(401);
}

#[tokio::test]
async fn nobody_else_adds_to_the_menu() {
    let app = TestApp::start(|_| {}).await;
    let pizza = json!({ "title": "Student", "description": "Carbs", "image": "p.png", "price": 0.0001 });
    for reply in [
        app.diner().await.put("/api/order/menu", &pizza).await,
        app.franchisee().await.put("/api/order/menu", &pizza).await,
    ] {
        assert_eq!(reply.expect(403).message(), "unable to add menu item");
    }
    app.visitor().put("/api/order/menu", &pizza).await.expect(401);
}

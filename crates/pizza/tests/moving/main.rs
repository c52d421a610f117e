//! Moving from the historic service: our program on its database, with its clients, and back again.
//!
//! README.md, "Moving from the historic service", with the calls of the historic course scripts.

#![allow(clippy::unwrap_used)]

mod installation;

use installation::Installation;
use serde_json::{Value, json};

#[tokio::test]
async fn everything_goes_on_working_on_the_historic_database_and_can_go_back() {
    let old = Installation::of_the_historic_service();
    let before = old.historic_tables();
    let service = old.serve().await;
    let doctor = service.doctor();
    assert!(doctor.contains("knows us as vendor acme") && !doctor.contains("ERROR"), "{doctor}");

    people_and_sessions(&service).await;
    history(&service).await;
    a_new_order(&service).await;
    service.ends_cleanly().await;

    let after = old.historic_tables();
    assert_eq!(after.definitions, before.definitions, "no historic table was altered");
    for (table, rows) in &before.rows {
        let missing: Vec<_> = rows.difference(&after.rows[table]).collect();
        assert!(missing.is_empty(), "{table} lost {missing:?}");
    }
    let hash = old.sql("SELECT password FROM user WHERE id = 4");
    assert!(hash.starts_with("$2b$10$"), "the historic service can still check it: {hash}");
    let orders =
        old.sql("SELECT COUNT(*), SUM(price) FROM dinerOrder JOIN orderItem ON orderId = dinerOrder.id");
    assert_eq!(orders.trim(), "4\t0.01180001", "and it shows our order among its own");
}

async fn people_and_sessions(service: &installation::Running) {
    let me = service.get("/api/user/me", Some(&service.historic_token)).await;
    assert_eq!(me.body["email"], "d@jwt.com", "a session from before goes on: {me:?}");
    for (email, password, id) in
        [("a@jwt.com", "admin", 1), ("d@jwt.com", "diner", 2), ("f@jwt.com", "franchisee", 3)]
    {
        assert_eq!(service.login(email, password).await["user"]["id"], id, "{email}");
    }
    assert_eq!(service.login("d@jwt.com", "other diner").await["user"]["id"], 4, "two with one address");
    let admin = service.token("a@jwt.com", "admin").await;
    let users = service.get("/api/user?page=1&limit=2&name=*", Some(&admin)).await;
    assert_eq!(users.body["users"][0]["name"], "常用名字", "{users:?}");
    assert_eq!(users.body["more"], true);
    let again = json!({ "name": "a third", "email": "D@jwt.com", "password": "diner" });
    assert_eq!(service.post("/api/auth", None, &again).await.status, 409, "no more duplicates");
}

async fn history(service: &installation::Running) {
    let orders = service.get("/api/order", Some(&service.historic_token)).await;
    let orders = orders.body["orders"].as_array().unwrap().clone();
    assert_eq!(orders.iter().map(|order| order["id"].as_i64().unwrap()).collect::<Vec<_>>(), [2, 1]);
    for order in &orders {
        assert_eq!((&order["status"], order.get("jwt")), (&json!("fulfilled"), None), "{order}");
    }
    assert_eq!(orders[1]["date"], "2025-12-01T09:30:00Z");
    assert_eq!(orders[0]["items"][0]["price"], 1e-8, "its store and its pizza are gone");
    let franchisee = service.token("f@jwt.com", "franchisee").await;
    let franchises = service.get("/api/franchise/3", Some(&franchisee)).await;
    assert_eq!(franchises.body.as_array().unwrap().len(), 1, "not the one that is gone: {franchises:?}");
    assert_eq!(franchises.body[0]["stores"][0]["totalRevenue"], 0.008, "historic orders count");
}

async fn a_new_order(service: &installation::Running) {
    let order = json!({ "franchiseId": 1, "storeId": 1, "items": [{ "menuId": 1, "description": "Veggie", "price": 0.0001 }] });
    let placed = service.post("/api/order", Some(&service.historic_token), &order).await;
    assert_eq!(placed.status, 200, "{placed:?}");
    assert_eq!(placed.body["order"]["items"][0]["price"], 0.0038, "the menu's price, not the client's");
    assert!(placed.body["jwt"].as_str().is_some_and(|jwt| jwt.split('.').count() == 3));
}

/// The course's scripts: what they send, to the letter, and what they look for in the answers.
#[tokio::test]
async fn the_calls_of_the_course_scripts_work_as_they_are() {
    let old = Installation::of_the_historic_service();
    let service = old.serve().await;

    let registered = service
        .post_text("/api/auth", None, r#"{"name":"pizza diner", "email":"new@jwt.com", "password":"diner"}"#)
        .await;
    assert_eq!(registered.status, 200, "{registered:?}");
    assert_eq!(registered.body["user"]["roles"], json!([{ "role": "diner" }]));
    let admin = service.token("a@jwt.com", "admin").await;
    let menu = service
        .put_text(
            "/api/order/menu",
            Some(&admin),
            r#"{ "title":"Student", "description": "No topping, no sauce, just carbs", "image":"pizza9.png", "price": 0.0001 }"#,
        )
        .await;
    let titles: Vec<_> = menu.body.as_array().unwrap().iter().map(|item| item["title"].clone()).collect();
    assert_eq!(titles, ["Veggie", "Pepperoni", "Student"], "the whole menu: {menu:?}");
    let franchise = service
        .post_text(
            "/api/franchise",
            Some(&admin),
            r#"{"name": "pizzaParlour", "admins": [{"email": "f@jwt.com"}]}"#,
        )
        .await;
    assert_eq!(franchise.body["admins"][0]["name"], "pizza franchisee", "{franchise:?}");
    let id = &franchise.body["id"];
    let store = service
        .post_text(
            &format!("/api/franchise/{id}/store"),
            Some(&admin),
            &format!(r#"{{"franchiseId": {id}, "name":"SLC"}}"#),
        )
        .await;
    assert_eq!((store.status, &store.body["franchiseId"]), (200, id), "{store:?}");

    let token = registered.body["token"].as_str().unwrap();
    let item = r#"{ "menuId": 1, "description": "Veggie", "price": 0.05 }"#;
    let order = |items: usize| {
        format!(r#"{{"franchiseId": 1, "storeId":1, "items":[{}]}}"#, vec![item; items].join(", "))
    };
    let one = service.post_text("/api/order", Some(token), &order(1)).await;
    assert_eq!((one.status, one.body["jwt"].is_string()), (200, true), "{one:?}");
    let hungry = service.post_text("/api/order", Some(token), &order(21)).await;
    assert_eq!(hungry.status, 400, "at once, where the factory would hold it for 32 s: {hungry:?}");

    let bad = r#"{"email":"unknown@jwt.com", "password":"bad"}"#;
    let refused = service.put_text("/api/auth", None, bad).await;
    assert_eq!((refused.status, &refused.body["message"]), (404, &Value::from("unknown user")));
    assert_eq!(service.delete("/api/auth", Some(token)).await.body["message"], "logout successful");
    assert_eq!(service.get("/api/order", Some(token)).await.status, 401);
    service.ends_cleanly().await;
}

//! Franchises and their stores.

use serde_json::{Value, json};
use test_kit::{Diner, TestApp};

fn names(reply: &test_kit::Reply) -> Vec<&str> {
    let franchises = reply["franchises"].as_array().unwrap();
    franchises.iter().map(|franchise| franchise["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn everybody_sees_franchises_and_stores_and_only_an_admin_their_business() {
    let app = TestApp::start(|_| {}).await;
    let stores = json!([{ "id": 1, "name": "SLC" }]);
    let public =
        json!({ "franchises": [{ "id": 1, "name": "pizzaPocket", "stores": stores }], "more": false });
    assert_eq!(app.visitor().get("/api/franchise").await.expect(200).body, public);
    assert_eq!(app.diner().await.get("/api/franchise").await.expect(200).body, public);
    assert_eq!(app.franchisee().await.get("/api/franchise").await.expect(200).body, public);

    let list = app.admin().await.get("/api/franchise").await.expect(200);
    let stores = json!([{ "id": 1, "name": "SLC", "totalRevenue": 0.0 }]);
    let franchise = &list["franchises"][0];
    assert_eq!(franchise["stores"], stores);
    assert_eq!(franchise["admins"][0]["email"], "f@jwt.com");
    assert_eq!(franchise["admins"][0]["name"], "pizza franchisee");
    assert!(franchise["admins"][0]["id"].is_i64());
}

#[tokio::test]
async fn pages_count_from_zero_and_say_whether_there_is_more() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    for name in ["two", "three"] {
        admin.found_franchise(name, &[]).await.expect(200);
    }
    let page = async |query: &str| app.visitor().get(&format!("/api/franchise?{query}")).await.expect(200);
    let first = page("page=0&limit=2").await;
    assert_eq!((names(&first), &first["more"]), (vec!["pizzaPocket", "two"], &Value::from(true)));
    let second = page("page=1&limit=2").await;
    assert_eq!((names(&second), &second["more"]), (vec!["three"], &Value::from(false)));
    let third = page("page=2&limit=2").await;
    assert_eq!((names(&third), &third["more"]), (vec![], &Value::from(false)));
}

#[tokio::test]
async fn a_star_stands_for_anything_in_a_name() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    for name in ["pizzeria", "calzone_%"] {
        admin.found_franchise(name, &[]).await.expect(200);
    }
    let found = async |name: &str| {
        let reply = app.visitor().get_with("/api/franchise", &[("name", name)]).await.expect(200);
        names(&reply).join(" ")
    };
    assert_eq!(found("*").await, "pizzaPocket pizzeria calzone_%");
    assert_eq!(found("").await, "pizzaPocket pizzeria calzone_%");
    assert_eq!(found("pizz*").await, "pizzaPocket pizzeria");
    assert_eq!(found("*Pocket").await, "pizzaPocket");
    assert_eq!(found("*zz*ia").await, "pizzeria");
    assert_eq!(found("pizzeria").await, "pizzeria");
    assert_eq!(found("pizzeri").await, "");
    assert_eq!(found("*_%").await, "calzone_%", "the wildcards of SQL are ordinary characters");
}

#[tokio::test]
async fn an_admin_founds_a_franchise_and_its_people_run_it() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let id = diner.get("/api/user/me").await["id"].clone();
    let founded = app.admin().await.found_franchise("calzone", &["d@jwt.com"]).await.expect(200);
    let admins = json!([{ "email": "d@jwt.com", "id": id, "name": "pizza diner" }]);
    assert_eq!(founded.body, json!({ "name": "calzone", "admins": admins, "id": 2 }));

    let me = diner.get("/api/user/me").await.expect(200);
    assert_eq!(me["roles"], json!([{ "role": "diner" }, { "role": "franchisee", "objectId": 2 }]));
    diner.post("/api/franchise/2/store", &json!({ "name": "Provo" })).await.expect(200);
}

#[tokio::test]
async fn nobody_else_founds_a_franchise() {
    let app = TestApp::start(|_| {}).await;
    let body = json!({ "name": "calzone", "admins": [{ "email": "d@jwt.com" }] });
    assert_eq!(app.visitor().post("/api/franchise", &body).await.expect(401).message(), "unauthorized");
    for somebody in [app.diner().await.with_token(app.diner().await.token()), {
        let franchisee = app.franchisee().await;
        franchisee.with_token(franchisee.token())
    }] {
        let reply = somebody.post("/api/franchise", &body).await.expect(403);
        assert_eq!(reply.message(), "unable to create a franchise");
    }
    assert_eq!(names(&app.visitor().get("/api/franchise").await), ["pizzaPocket"]);
}

#[tokio::test]
async fn a_franchise_needs_a_new_name_and_people_with_accounts() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    let unknown = admin.found_franchise("calzone", &["d@jwt.com", "nobody@jwt.com"]).await.expect(404);
    assert_eq!(unknown.message(), "unknown user for franchise admin nobody@jwt.com provided");
    admin.found_franchise("pizzaPocket", &[]).await.expect(409);
    admin.post("/api/franchise", &json!({ "admins": [] })).await.expect(400);
    admin.post("/api/franchise", &json!({ "name": " ", "admins": [] })).await.expect(400);
    assert_eq!(names(&app.visitor().get("/api/franchise").await), ["pizzaPocket"], "nothing was half done");
}

#[tokio::test]
async fn an_admin_deletes_a_franchise_with_its_stores_and_its_roles() {
    let app = TestApp::start(|_| {}).await;
    let franchisee = app.franchisee().await;
    let gone = app.admin().await.delete_franchise(1).await.expect(200);
    assert_eq!(gone.body, json!({ "message": "franchise deleted" }));

    assert_eq!(names(&app.visitor().get("/api/franchise").await), [""; 0]);
    assert_eq!(franchisee.get("/api/user/me").await["roles"], json!([{ "role": "diner" }]));
    assert_eq!(franchisee.order(&[1]).await.expect(404).message(), "unknown store");
    assert_eq!(franchisee.open_store(1, "Provo").await.expect(403).message(), "unable to create a store");
}

#[tokio::test]
async fn deleting_a_franchise_that_does_not_exist_succeeds() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    admin.delete_franchise(99).await.expect(200);
    let reply = admin.delete("/api/franchise/nonsense").await.expect(200);
    assert_eq!(reply.body, json!({ "message": "franchise deleted" }));
}

#[tokio::test]
async fn a_franchisee_opens_and_closes_stores_of_their_franchise() {
    let app = TestApp::start(|_| {}).await;
    let franchisee = app.franchisee().await;
    let opened = franchisee.open_store(1, "Provo").await.expect(200);
    assert_eq!(opened.body, json!({ "id": 2, "franchiseId": 1, "name": "Provo" }));
    let closed = franchisee.close_store(1, 2).await.expect(200);
    assert_eq!(closed.body, json!({ "message": "store deleted" }));
    let list = app.visitor().get("/api/franchise").await;
    assert_eq!(list["franchises"][0]["stores"], json!([{ "id": 1, "name": "SLC" }]));
}

#[tokio::test]
async fn an_admin_opens_and_closes_stores_of_every_franchise() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    admin.open_store(1, "Provo").await.expect(200);
    admin.close_store(1, 2).await.expect(200);
    assert_eq!(admin.open_store(99, "Provo").await.expect(404).message(), "unknown franchise");
    admin.post("/api/franchise/1/store", &json!({})).await.expect(400);
}

#[tokio::test]
async fn others_neither_open_nor_close_stores() {
    let app = TestApp::start(|_| {}).await;
    let (franchise, store) = app.admin().await.new_store("calzone").await;
    let franchisee = app.franchisee().await;
    let refused = franchisee.open_store(franchise, "Provo").await.expect(403);
    assert_eq!(refused.message(), "unable to create a store");
    let refused = franchisee.close_store(franchise, store).await.expect(403);
    assert_eq!(refused.message(), "unable to delete a store");

    let diner = app.diner().await;
    let refused = diner.post("/api/franchise/1/store", &json!({ "name": "Provo" })).await.expect(403);
    assert_eq!(refused.message(), "unable to create a store");
    let refused = diner.delete("/api/franchise/1/store/1").await.expect(403);
    assert_eq!(refused.message(), "unable to delete a store");

    let visitor = app.visitor();
    visitor.post("/api/franchise/1/store", &json!({ "name": "Provo" })).await.expect(401);
    visitor.delete("/api/franchise/1/store/1").await.expect(401);
    diner.order(&[1]).await.expect(200);
}

#[tokio::test]
async fn revenue_counts_delivered_pizzas_at_the_prices_they_were_sold_for() {
    let app = TestApp::start(|_| {}).await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    diner.order(&[1, 1, 5]).await.expect(200);
    diner.order(&[2]).await.expect(200);
    let (franchise, other) = admin.new_store("calzone").await;
    let mut order = Diner::wants(&[4]);
    order["franchiseId"] = franchise.into();
    order["storeId"] = other.into();
    diner.order_with(&[], &order).await.expect(200);

    assert_eq!(admin.revenue_of(1).await, 0.0217);
    assert_eq!(admin.revenue_of(other).await, 0.0028);
}

#[tokio::test]
async fn orders_that_are_queued_rejected_or_cancelled_bring_in_nothing() {
    let (app, diner, queued) = super::closed_kitchen(|_| {}).await;
    let cancelled = diner.order_without_waiting(&[1]).await;
    diner.cancel(cancelled).await.expect(200);
    assert_eq!(diner.look_at(queued).await["status"], "queued");
    assert_eq!(app.admin().await.revenue_of(1).await, 0.0);

    let app = TestApp::start(|_| {}).await;
    app.factory.always(test_kit::Answer::Refuse(400, "no"));
    app.diner().await.order(&[1]).await.expect(422);
    assert_eq!(app.admin().await.revenue_of(1).await, 0.0);
}

#[tokio::test]
async fn a_franchisee_sees_their_franchises_with_their_business() {
    let app = TestApp::start(|_| {}).await;
    let franchisee = app.franchisee().await;
    app.diner().await.order(&[1]).await.expect(200);
    let id = franchisee.get("/api/user/me").await["id"].as_i64().unwrap();
    let admins = json!([{ "id": id, "name": "pizza franchisee", "email": "f@jwt.com" }]);
    let stores = json!([{ "id": 1, "name": "SLC", "totalRevenue": 0.0038 }]);
    let expected = json!([{ "id": 1, "name": "pizzaPocket", "admins": admins, "stores": stores }]);
    let path = format!("/api/franchise/{id}");
    assert_eq!(franchisee.get(&path).await.expect(200).body, expected);
    assert_eq!(app.admin().await.get(&path).await.expect(200).body, expected);
}

#[tokio::test]
async fn the_franchises_of_others_look_like_none() {
    let app = TestApp::start(|_| {}).await;
    let (franchisee, diner) = (app.franchisee().await, app.diner().await);
    let id = franchisee.get("/api/user/me").await["id"].as_i64().unwrap();
    for path in
        [format!("/api/franchise/{id}"), "/api/franchise/999".into(), "/api/franchise/nonsense".into()]
    {
        assert_eq!(diner.get(&path).await.expect(200).body, json!([]), "{path}");
        app.visitor().get(&path).await.expect(401);
    }
    let own = diner.get("/api/user/me").await["id"].as_i64().unwrap();
    assert_eq!(diner.get(&format!("/api/franchise/{own}")).await.expect(200).body, json!([]));
    assert_eq!(app.admin().await.get("/api/franchise/999").await.expect(200).body, json!([]));
}

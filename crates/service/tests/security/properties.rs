//! API3:2023 Broken object property level authorization: members that a client may not set, or not see.

use crate::{LINK, id_of, patient};
use serde_json::json;
use service::config::ReportLinkAudience;
use test_kit::{Answer, Diner, TestApp};

#[tokio::test]
async fn price_from_the_client() {
    let app = TestApp::start(|_| {}).await;
    let item = json!({ "menuId": 5, "description": "Free pizza", "price": 0.000_000_01 });
    let body = json!({ "franchiseId": 1, "storeId": 1, "items": [item] });
    let reply = app.diner().await.order_with(&[], &body).await.expect(200);
    let from_the_menu = json!([{ "menuId": 5, "description": "Charred Leopard", "price": 0.0099 }]);
    assert_eq!(reply["order"]["items"], from_the_menu);
    assert_eq!(app.factory.calls()[0].body["order"]["items"], from_the_menu);
    assert_eq!(app.admin().await.revenue_of(1).await, 0.0099);
}

#[tokio::test]
async fn nonsense_prices_from_the_client() {
    let app = TestApp::start(|_| {}).await;
    for price in [json!(-1), json!("free"), json!(null), json!(1e300)] {
        let item = json!({ "menuId": 1, "description": 7, "price": price });
        let body = json!({ "franchiseId": 1, "storeId": 1, "items": [item] });
        let reply = app.diner().await.order_with(&[], &body).await.expect(200);
        assert_eq!(reply["order"]["items"][0]["price"], 0.0038);
    }
}

#[tokio::test]
async fn the_state_of_an_order_from_the_client() {
    let app = TestApp::start(|_| {}).await;
    app.factory.always(Answer::Refuse(400, "not this order"));
    let mut order = Diner::wants(&[1]);
    for (member, value) in [
        ("id", json!(7)),
        ("status", json!("fulfilled")),
        ("state", json!("fulfilled")),
        ("jwt", json!("a.b.c")),
        ("attempts", json!(-1)),
        ("date", json!("1999-01-01T00:00:00Z")),
        ("installation", json!("other")),
    ] {
        order[member] = value;
    }
    let reply = app.diner().await.order_with(&[], &order).await.expect(422);
    assert_ne!(reply["order"]["id"], 7);
    assert_eq!(reply["order"]["status"], "rejected");
    assert!(!reply["order"]["date"].as_str().unwrap().starts_with("1999"));
    assert!(!app.factory.calls()[0].body.to_string().contains("a.b.c"));
}

#[tokio::test]
async fn roles_from_the_body_of_a_registration() {
    let app = TestApp::start(|_| {}).await;
    let body = json!({
        "name": "Kai", "email": "kai@jwt.com", "password": "a good long passphrase",
        "id": 1, "roles": [{ "role": "admin" }], "role": "admin", "isAdmin": true, "objectId": 1,
    });
    let reply = app.visitor().post("/api/auth", &body).await.expect(200);
    assert_eq!(reply["user"]["roles"], json!([{ "role": "diner" }]));
    let kai = app.visitor().with_token(reply["token"].as_str().unwrap());
    assert_ne!(id_of(&kai).await, 1);
    kai.get("/api/user").await.expect(403);
    kai.post("/api/franchise/1/store", &json!({ "name": "Provo" })).await.expect(403);
}

#[tokio::test]
async fn roles_from_the_body_of_a_profile_update() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let path = format!("/api/user/{}", diner.get("/api/user/me").await["id"]);
    let body =
        json!({ "id": 1, "name": "Kai", "roles": [{ "role": "admin" }], "role": "admin", "isAdmin": true });
    let reply = diner.put(&path, &body).await.expect(200);
    assert_eq!(reply["user"]["roles"], json!([{ "role": "diner" }]));
    diner.get("/api/user").await.expect(403);
}

#[tokio::test]
async fn passwords_in_answers() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let registered = app.visitor().register("Kai", "kai@jwt.com", "a-canary-password").await.expect(200);
    let answers = [
        registered.text,
        app.visitor().try_login("kai@jwt.com", "a-canary-password").await.expect(200).text,
        diner.get("/api/user/me").await.text,
        app.admin().await.get("/api/franchise").await.text,
        app.visitor().put("/api/auth", &json!({ "email": 1, "password": "a-canary-password" })).await.text,
    ];
    for answer in answers {
        assert!(
            !answer.contains("canary") && !answer.contains("argon2") && !answer.contains("password"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn the_report_link_with_the_vendor_s_key() {
    let app = TestApp::start(patient).await;
    let (admin, diner, franchisee) = (app.admin().await, app.diner().await, app.franchisee().await);
    app.factory.always(Answer::WithReportLink(LINK.to_owned()));
    let shown = admin.order(&[1]).await.expect(200);
    assert_eq!(shown["followLinkToEndChaos"], LINK);
    for reply in [diner.order(&[1]).await.expect(200), franchisee.order(&[1]).await.expect(200)] {
        assert!(
            !reply.text.contains("the-vendor-key") && !reply.text.contains("followLink"),
            "{}",
            reply.text
        );
    }

    app.factory.always(Answer::ChaosMonkey(LINK.to_owned()));
    assert_eq!(admin.order(&[1]).await.expect(202)["followLinkToEndChaos"], LINK);
    let order = diner.order(&[1]).await.expect(202);
    let details = diner.look_at(order.order_id()).await.expect(200);
    for text in [order.text, details.text, diner.history().await.text, diner.get("/api/status").await.text] {
        assert!(!text.contains("the-vendor-key") && !text.contains("the-fix-code"), "{text}");
    }
}

#[tokio::test]
async fn the_report_link_can_be_shown_to_everyone_as_it_used_to_be() {
    let app = TestApp::start(|config| {
        config.orders.expose_report_link = ReportLinkAudience::Everyone;
        patient(config);
    })
    .await;
    let diner = app.diner().await;
    let without = diner.order(&[1]).await.expect(200);
    assert!(without.body.get("followLinkToEndChaos").is_none());
    app.factory.always(Answer::WithReportLink(LINK.to_owned()));
    assert_eq!(diner.order(&[1]).await.expect(200)["followLinkToEndChaos"], LINK);
    app.factory.always(Answer::ChaosMonkey(LINK.to_owned()));
    assert_eq!(diner.order(&[1]).await.expect(202)["followLinkToEndChaos"], LINK);
}

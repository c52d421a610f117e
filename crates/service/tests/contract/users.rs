//! People with accounts.

use serde_json::json;
use service::config::PasswordPolicy;
use test_kit::{TestApp, Visitor};

#[tokio::test]
async fn i_am_who_i_am() {
    let app = TestApp::start(|_| {}).await;
    let me = app.diner().await.get("/api/user/me").await.expect(200);
    let (id, iat) = (me["id"].as_i64().unwrap(), me["iat"].as_i64().unwrap());
    let roles = json!([{ "role": "diner" }]);
    let expected =
        json!({ "id": id, "name": "pizza diner", "email": "d@jwt.com", "roles": roles, "iat": iat });
    assert_eq!(me.body, expected);
}

#[tokio::test]
async fn an_admin_has_a_role_without_an_object() {
    let app = TestApp::start(|_| {}).await;
    let me = app.admin().await.get("/api/user/me").await.expect(200);
    assert_eq!(me["roles"], json!([{ "role": "admin" }]));
    assert_eq!(me["name"], "常用名字");
}

#[tokio::test]
async fn nobody_is_nobody() {
    let app = TestApp::start(|_| {}).await;
    let reply = app.visitor().get("/api/user/me").await.expect(401);
    assert_eq!(reply.message(), "unauthorized");
}

/// The ids of the accounts that every test has.
async fn id_of(visitor: &Visitor) -> i64 {
    visitor.get("/api/user/me").await.expect(200)["id"].as_i64().unwrap()
}

#[tokio::test]
async fn a_user_changes_their_own_name_email_and_password() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let id = id_of(&diner).await;
    let body = json!({ "name": "Kai Chen", "email": "kai@jwt.com", "password": "a new passphrase" });
    let reply = diner.put(&format!("/api/user/{id}"), &body).await.expect(200);
    let user =
        json!({ "id": id, "name": "Kai Chen", "email": "kai@jwt.com", "roles": [{ "role": "diner" }] });
    assert_eq!(reply["user"], user);
    assert_eq!(reply.body.as_object().unwrap().len(), 2, "user and token: {}", reply.text);

    let renewed = app.visitor().with_token(reply["token"].as_str().unwrap());
    assert_eq!(renewed.get("/api/user/me").await.expect(200)["name"], "Kai Chen");
    app.visitor().login("kai@jwt.com", "a new passphrase").await;
    app.visitor().try_login("kai@jwt.com", "diner").await.expect(404);
    app.visitor().try_login("d@jwt.com", "diner").await.expect(404);
}

#[tokio::test]
async fn what_is_absent_or_empty_stays_as_it_is() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let path = format!("/api/user/{}", id_of(&diner).await);
    for body in [json!({}), json!({ "name": "", "email": "", "password": "" }), json!({ "name": null })] {
        let reply = diner.put(&path, &body).await.expect(200);
        assert_eq!(reply["user"]["name"], "pizza diner");
        assert_eq!(reply["user"]["email"], "d@jwt.com");
    }
    diner.put(&path, &json!({ "name": "Kai" })).await.expect(200);
    assert_eq!(diner.get("/api/user/me").await.expect(200)["name"], "Kai", "the session goes on");
    app.visitor().login("d@jwt.com", "diner").await;
}

#[tokio::test]
async fn what_an_account_cannot_have_is_refused_with_the_reason() {
    let app = TestApp::start(|config| config.auth.password_policy = PasswordPolicy::Strict).await;
    let diner = app.diner().await;
    let path = format!("/api/user/{}", id_of(&diner).await);
    for (body, reason) in [
        (json!({ "email": "kai.jwt.com" }), "email must contain an @"),
        (json!({ "name": "  " }), "name must not be empty"),
        (json!({ "name": "x".repeat(256) }), "name must be at most 255 characters"),
        (json!({ "password": "short" }), "password must have at least 8 characters"),
        (json!({ "password": "x".repeat(1025) }), "password must be at most 1024 bytes"),
        (json!({ "password": "pizza DINER" }), "password must not be your name or your email"),
        (
            json!({ "name": "Kai the Cook", "password": "kai the cook" }),
            "password must not be your name or your email",
        ),
    ] {
        assert_eq!(diner.put(&path, &body).await.expect(400).message(), reason, "{body}");
    }
    let taken = diner.put(&path, &json!({ "name": "Kai", "email": "A@JWT.com" })).await.expect(409);
    assert_eq!(taken.message(), "this email is already registered");
    assert_eq!(diner.get("/api/user/me").await["name"], "pizza diner", "nothing was half done");
    diner.put(&path, &json!({ "email": "D@jwt.com" })).await.expect(200);
}

#[tokio::test]
async fn an_admin_changes_anybody() {
    let app = TestApp::start(|_| {}).await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    let id = id_of(&diner).await;
    let reply = admin.put(&format!("/api/user/{id}"), &json!({ "name": "Kai" })).await.expect(200);
    assert_eq!((&reply["user"]["id"], &reply["user"]["name"]), (&json!(id), &json!("Kai")));
    assert_eq!(diner.get("/api/user/me").await.expect(200)["name"], "Kai", "seen at once");
    for nobody in ["/api/user/999", "/api/user/nonsense"] {
        assert_eq!(admin.put(nobody, &json!({ "name": "Kai" })).await.expect(404).message(), "unknown user");
    }
}

#[tokio::test]
async fn others_change_and_delete_nobody_and_learn_nothing() {
    let app = TestApp::start(|_| {}).await;
    let (diner, admin) = (app.diner().await, app.admin().await);
    let path = format!("/api/user/{}", id_of(&admin).await);
    for path in [path.as_str(), "/api/user/999", "/api/user/nonsense"] {
        for reply in [diner.put(path, &json!({ "name": "Kai" })).await, diner.delete(path).await] {
            assert_eq!(reply.expect(403).message(), "unauthorized", "{path}");
        }
        app.visitor().put(path, &json!({ "name": "Kai" })).await.expect(401);
        app.visitor().delete(path).await.expect(401);
    }
    assert_eq!(admin.get("/api/user/me").await.expect(200)["name"], "常用名字");
}

#[tokio::test]
async fn a_user_deletes_themselves_and_their_sessions_end() {
    let app = TestApp::start(|_| {}).await;
    let (diner, elsewhere) = (app.diner().await, app.diner().await);
    let order = diner.order(&[1]).await.expect(200).order_id();
    let gone = diner.delete(&format!("/api/user/{}", id_of(&diner).await)).await.expect(200);
    assert_eq!(gone.body, json!({ "message": "user deleted" }));
    diner.get("/api/user/me").await.expect(401);
    elsewhere.get("/api/user/me").await.expect(401);
    app.visitor().try_login("d@jwt.com", "diner").await.expect(404);
    app.admin().await.look_at(order).await.expect(200);
}

#[tokio::test]
async fn an_admin_deletes_anybody_but_the_last_admin() {
    let app = TestApp::start(|_| {}).await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    let path = format!("/api/user/{}", id_of(&diner).await);
    assert_eq!(admin.delete(&path).await.expect(200).body, json!({ "message": "user deleted" }));
    diner.get("/api/user/me").await.expect(401);
    assert_eq!(admin.delete(&path).await.expect(404).message(), "unknown user");
    let last = admin.delete(&format!("/api/user/{}", id_of(&admin).await)).await.expect(409);
    assert_eq!(last.message(), "the last admin cannot be deleted");
    admin.get("/api/user/me").await.expect(200);
}

#[tokio::test]
async fn an_admin_lists_people_by_page_and_name() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    let list = async |query: &str| {
        let reply = admin.get(&format!("/api/user?{query}")).await.expect(200);
        let users = reply["users"].as_array().unwrap();
        let names: Vec<_> = users.iter().map(|user| user["name"].as_str().unwrap().to_owned()).collect();
        (names.join(", "), reply["more"].as_bool().unwrap())
    };
    let all = "常用名字, pizza diner, pizza franchisee";
    assert_eq!(list("").await, (all.to_owned(), false));
    assert_eq!(list("page=1&limit=2").await, ("常用名字, pizza diner".to_owned(), true));
    assert_eq!(list("page=0&limit=2").await, ("常用名字, pizza diner".to_owned(), true), "0 is read as 1");
    assert_eq!(list("page=2&limit=2").await, ("pizza franchisee".to_owned(), false));
    assert_eq!(list("name=*diner").await, ("pizza diner".to_owned(), false));
    assert_eq!(list("name=pizza*").await, ("pizza diner, pizza franchisee".to_owned(), false));
    assert_eq!(list("name=nobody").await, (String::new(), false));
    assert_eq!(list("page=x&limit=y").await, (all.to_owned(), false));

    let reply = admin.get("/api/user?name=pizza*").await.expect(200);
    let diner = &reply["users"][0];
    assert_eq!(diner.as_object().unwrap().len(), 4, "{diner}");
    assert_eq!((&diner["email"], &diner["roles"]), (&json!("d@jwt.com"), &json!([{ "role": "diner" }])));
}

#[tokio::test]
async fn nobody_else_lists_people() {
    let app = TestApp::start(|_| {}).await;
    for visitor in [app.diner().await.get("/api/user").await, app.franchisee().await.get("/api/user").await] {
        assert_eq!(visitor.expect(403).message(), "unauthorized");
    }
    app.visitor().get("/api/user").await.expect(401);
}

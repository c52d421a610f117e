//! Register, log in, log out.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use service::config::PasswordPolicy;
use test_kit::TestApp;

#[tokio::test]
async fn a_new_diner_gets_an_account_and_a_session() {
    let app = TestApp::start(|_| {}).await;
    let reply = app.visitor().register("Kai", "kai@jwt.com", "secret").await.expect(200);
    let id = reply["user"]["id"].as_i64().unwrap();
    let user = json!({ "id": id, "name": "Kai", "email": "kai@jwt.com", "roles": [{ "role": "diner" }] });
    assert_eq!(reply["user"], user);
    assert_eq!(reply.body.as_object().unwrap().len(), 2, "user and token: {}", reply.text);

    let kai = app.visitor().with_token(reply["token"].as_str().unwrap());
    assert_eq!(kai.get("/api/user/me").await.expect(200)["id"], id);
    app.visitor().login("kai@jwt.com", "secret").await;
}

#[tokio::test]
async fn name_email_and_password_are_all_needed() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    let whole = json!({ "name": "Kai", "email": "kai@jwt.com", "password": "secret" });
    for member in ["name", "email", "password"] {
        for nothing in [None, Some(json!("")), Some(Value::Null)] {
            let mut body = whole.clone();
            match nothing {
                None => drop(body.as_object_mut().unwrap().remove(member)),
                Some(nothing) => body[member] = nothing,
            }
            let reply = visitor.post("/api/auth", &body).await.expect(400);
            assert_eq!(reply.message(), "name, email, and password are required", "{body}");
        }
    }
    visitor.try_login("kai@jwt.com", "secret").await.expect(404);
}

#[tokio::test]
async fn what_cannot_be_an_address_or_is_too_long_is_refused_with_the_reason() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    let long = "x".repeat(1025);
    for (name, email, password, reason) in [
        ("Kai", "kai.jwt.com", "secret", "email must contain an @"),
        ("Kai", "kai@jwt.com", long.as_str(), "password must be at most 1024 bytes"),
        (&long, "kai@jwt.com", "secret", "name must be at most 255 characters"),
    ] {
        assert_eq!(visitor.register(name, email, password).await.expect(400).message(), reason);
    }
    visitor.register("Kai", "kai@jwt.com", &"x".repeat(1024)).await.expect(200);
}

#[tokio::test]
async fn a_weak_password_is_refused_with_the_reason_unless_the_policy_is_historic() {
    let app = TestApp::start(|config| config.auth.password_policy = PasswordPolicy::Strict).await;
    let refused = async |password: &str| {
        app.visitor().register("Kai", "kai@jwt.com", password).await.expect(400).message().to_owned()
    };
    assert_eq!(refused("short").await, "password must have at least 8 characters");
    let common = "password is one of the most common ones; please choose another";
    assert_eq!(refused("password").await, common);
    app.visitor().register("Kai", "kai@jwt.com", "correct horse").await.expect(200);

    let historic = TestApp::start(|_| {}).await;
    historic.visitor().register("Kai", "kai@jwt.com", "a").await.expect(200);
}

#[tokio::test]
async fn a_login_answers_the_user_and_a_token() {
    let app = TestApp::start(|_| {}).await;
    let reply = app.visitor().try_login("f@jwt.com", "franchisee").await.expect(200);
    let id = reply["user"]["id"].as_i64().unwrap();
    let user = json!({
        "id": id, "name": "pizza franchisee", "email": "f@jwt.com",
        "roles": [{ "role": "diner" }, { "role": "franchisee", "objectId": 1 }],
    });
    assert_eq!(reply["user"], user);
    assert!(reply["token"].is_string());
}

#[tokio::test]
async fn every_login_has_a_token_of_its_own_that_says_who_and_until_when() {
    let app = TestApp::start(|_| {}).await;
    let one = app.diner().await;
    let two = app.diner().await;
    assert_ne!(one.token(), two.token());

    let claims = |token: &str| -> Value {
        let payload = token.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    };
    let claims = [claims(one.token()), claims(two.token())];
    for claims in &claims {
        assert_eq!(claims["name"], "pizza diner");
        assert_eq!(claims["email"], "d@jwt.com");
        assert_eq!(claims["roles"], json!([{ "role": "diner" }]));
        assert!(claims["id"].is_i64() && claims["iat"].is_i64());
        let week = i64::try_from(app.config().auth.session_ttl.as_secs()).unwrap();
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), week);
    }
    assert_ne!(claims[0]["jti"], claims[1]["jti"]);
}

#[tokio::test]
async fn whoever_is_not_known_is_an_unknown_user() {
    let app = TestApp::start(|_| {}).await;
    for body in [
        json!({ "email": "nobody@jwt.com", "password": "diner" }),
        json!({ "email": "d@jwt.com", "password": "wrong" }),
        json!({ "email": "d@jwt.com", "password": "" }),
        json!({ "email": "d@jwt.com" }),
        json!({ "password": "diner" }),
        json!({}),
    ] {
        let reply = app.visitor().put("/api/auth", &body).await.expect(404);
        assert_eq!(reply.message(), "unknown user", "{body}");
    }
}

#[tokio::test]
async fn a_logout_ends_this_session_and_no_other() {
    let app = TestApp::start(|_| {}).await;
    let [phone, laptop] = [app.diner().await, app.diner().await];
    let reply = phone.delete("/api/auth").await.expect(200);
    assert_eq!(reply.body, json!({ "message": "logout successful" }));

    assert_eq!(phone.get("/api/user/me").await.expect(401).message(), "unauthorized");
    assert_eq!(phone.delete("/api/auth").await.expect(401).message(), "unauthorized");
    laptop.get("/api/user/me").await.expect(200);
}

#[tokio::test]
async fn without_a_session_there_is_no_logout() {
    let app = TestApp::start(|_| {}).await;
    assert_eq!(app.visitor().delete("/api/auth").await.expect(401).message(), "unauthorized");
}

#[tokio::test]
async fn any_word_may_stand_before_the_token() {
    let app = TestApp::start(|_| {}).await;
    let token = app.diner().await.token().to_owned();
    let me = async |header: &str| {
        let request = app.visitor().request("GET".parse().unwrap(), "/api/user/me");
        app.visitor().send(request.header("authorization", header)).await.status
    };
    for header in [format!("Bearer {token}"), format!("bearer {token}"), format!("Token  {token}")] {
        assert_eq!(me(&header).await, 200, "{header}");
    }
    for header in [token, "Bearer".into(), "Bearer ".into(), "Bearer x".into(), "Bearer a.b.c".into()] {
        assert_eq!(me(&header).await, 401, "{header}");
    }
}

#[tokio::test]
async fn a_session_outlives_a_restart() {
    let mut app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    app.stop().await;
    app.come_back().await;
    diner.moved_to(app.base()).get("/api/user/me").await.expect(200);
}

/// Opens an account as the historic service left it.
async fn historic_account(app: &TestApp, email: &str, hash: &str) {
    let user = store::NewUser {
        name: domain::Name::from_database("常用名字".into()),
        email: domain::EmailAddress::from_database(email.into()),
        password_hash: hash.to_owned(),
        roles: vec![domain::Role::Diner],
    };
    app.store().create_user(user).await.unwrap();
}

async fn hash_of(app: &TestApp, email: &str) -> String {
    app.store().credentials(email).await.unwrap()[0].password_hash.clone()
}

#[tokio::test]
async fn a_historic_password_works_and_its_hash_is_replaced_at_the_first_login() {
    let app = TestApp::start(|_| {}).await;
    let historic = bcrypt::hash("toomanysecrets", 4).unwrap();
    historic_account(&app, "old@jwt.com", &historic).await;
    app.visitor().try_login("old@jwt.com", "wrong").await.expect(404);
    assert_eq!(hash_of(&app, "old@jwt.com").await, historic, "a wrong password replaces nothing");

    let session = app.visitor().login("old@jwt.com", "toomanysecrets").await;
    let replaced = hash_of(&app, "old@jwt.com").await;
    assert!(replaced.starts_with("$argon2id$"), "{replaced}");
    app.visitor().login("old@jwt.com", "toomanysecrets").await;
    assert_eq!(hash_of(&app, "old@jwt.com").await, replaced, "once is enough");
    session.get("/api/user/me").await.expect(200);
}

#[tokio::test]
async fn historic_hashes_stay_when_there_may_be_a_way_back() {
    let app = TestApp::start(|config| config.auth.upgrade_hashes = false).await;
    let historic = bcrypt::hash("toomanysecrets", 4).unwrap();
    historic_account(&app, "old@jwt.com", &historic).await;
    app.visitor().login("old@jwt.com", "toomanysecrets").await;
    assert_eq!(hash_of(&app, "old@jwt.com").await, historic);
}

#[tokio::test]
async fn an_account_whose_hash_is_none_cannot_be_signed_in_to() {
    let app = TestApp::start(|_| {}).await;
    for (number, garbage) in ["", "x", "$2b$", "$2b$10$short", "$2b$31$KIXQ"].into_iter().enumerate() {
        let email = format!("old{number}@jwt.com");
        historic_account(&app, &email, garbage).await;
        for password in ["", "x", garbage] {
            assert_eq!(app.visitor().try_login(&email, password).await.expect(404).message(), "unknown user");
        }
    }
}

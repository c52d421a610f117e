//! API2:2023 Broken authentication: tokens that should not be sessions, or not any more.

use crate::{claims_of_the_diner, forged, id_of};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use test_kit::{JWT_SECRET, TestApp, eventually};

#[tokio::test]
async fn eternal_tokens() {
    let app = TestApp::start(|config| config.auth.session_ttl = Duration::from_secs(2)).await;
    let diner = app.diner().await;
    diner.get("/api/user/me").await.expect(200);
    eventually("the session ends", async || (diner.get("/api/user/me").await.status == 401).then_some(()))
        .await;
}

#[tokio::test]
async fn expired_tokens_whose_row_was_not_removed() {
    let app = TestApp::start(|_| {}).await;
    let mut claims = claims_of_the_diner(&app).await;
    forged(&app, JWT_SECRET, &claims).await.get("/api/user/me").await.expect(200);
    claims["exp"] = (Timestamp::now().as_second() - 3600).into();
    let expired = forged(&app, JWT_SECRET, &claims).await;
    assert_eq!(expired.get("/api/user/me").await.expect(401).message(), "unauthorized");
}

/// The historic service's tokens have no `exp`.
#[tokio::test]
async fn eternal_tokens_of_the_historic_service() {
    let app = TestApp::start(|_| {}).await;
    let mut claims = claims_of_the_diner(&app).await;
    claims.as_object_mut().unwrap().retain(|claim, _| claim != "exp" && claim != "jti");
    const DAY: i64 = 24 * 3600;
    let now = Timestamp::now().as_second();
    for (age, status) in [(0, 200), (29 * DAY, 200), (31 * DAY, 401)] {
        claims["iat"] = (now - age).into();
        let reply = forged(&app, JWT_SECRET, &claims).await.get("/api/user/me").await.expect(status);
        assert!(status != 200 || reply["iat"] == now - age, "{}", reply.text);
    }
    claims["iat"] = (now - 60).into();
    let historic = forged(&app, JWT_SECRET, &claims).await;
    historic.delete("/api/auth").await.expect(200);
    historic.get("/api/user/me").await.expect(401);

    let strict = TestApp::start(|config| config.auth.legacy_token_max_age = Duration::ZERO).await;
    forged(&strict, JWT_SECRET, &claims).await.get("/api/user/me").await.expect(401);
}

#[tokio::test]
async fn tokens_signed_with_another_secret() {
    let app = TestApp::start(|_| {}).await;
    let claims = claims_of_the_diner(&app).await;
    forged(&app, JWT_SECRET, &claims).await.get("/api/user/me").await.expect(200);
    for secret in ["another secret that is long enough", ""] {
        forged(&app, secret, &claims).await.get("/api/user/me").await.expect(401);
    }
}

#[tokio::test]
async fn tokens_that_need_no_signature() {
    let app = TestApp::start(|_| {}).await;
    let claims = claims_of_the_diner(&app).await;
    let diner = app.diner().await;
    let live = diner.token().rsplit('.').next().unwrap();
    for algorithm in ["none", "None", "HS384", "RS256", ""] {
        let header = json!({ "alg": algorithm, "typ": "JWT" });
        let [header, payload] = [&header, &claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        for signature in [live, ""] {
            let visitor = app.visitor().with_token(format!("{header}.{payload}.{signature}"));
            visitor.get("/api/user/me").await.expect(401);
        }
    }
}

/// A token may say which key checks it, or where that is to be had. Nobody looks.
#[tokio::test]
async fn keys_that_a_token_brings_along() {
    let app = TestApp::start(|_| {}).await;
    let (claims, own) = (claims_of_the_diner(&app).await, "the attacker's own key, long enough");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let elsewhere = format!("http://{}/keys", listener.local_addr().unwrap());
    let jwk = json!({ "kty": "oct", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode(own) });
    for header in [
        json!({ "alg": "HS256", "jwk": jwk }),
        json!({ "alg": "HS256", "jku": elsewhere, "x5u": elsewhere }),
        json!({ "alg": "HS256", "kid": "../../../../dev/null" }),
        json!({ "alg": "HS256", "kid": "x' UNION SELECT 'the attacker''s own key, long enough' --" }),
    ] {
        let signed = [&header, &claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let key = EncodingKey::from_secret(own.as_bytes());
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).unwrap();
        let visitor = app.visitor().with_token(format!("{signed}.{signature}"));
        visitor.get("/api/user/me").await.expect(401);
    }
    let nobody = tokio::time::timeout(Duration::ZERO, listener.accept()).await;
    assert!(nobody.is_err(), "somebody came for the keys");
}

/// What the factory signs is an RS256 token with a user in it, and no session.
#[tokio::test]
async fn pizzas_as_sessions() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let pizza = diner.order(&[1]).await.expect(200)["jwt"].as_str().unwrap().to_owned();
    diner.with_token(pizza).get("/api/user/me").await.expect(401);
}

#[tokio::test]
async fn a_live_signature_under_other_claims() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let parts: Vec<_> = diner.token().split('.').collect();
    let mut claims = claims_of_the_diner(&app).await;
    claims["roles"] = json!([{ "role": "admin" }]);
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    let forged = app.visitor().with_token(format!("{}.{payload}.{}", parts[0], parts[2]));
    forged.get("/api/user/me").await.expect(401);
}

#[tokio::test]
async fn tokens_that_outlive_a_changed_password() {
    let app = TestApp::start(|_| {}).await;
    let (diner, thief) = (app.diner().await, app.diner().await);
    thief.get("/api/user/me").await.expect(200);
    let path = format!("/api/user/{}", diner.get("/api/user/me").await["id"]);
    let reply = diner.put(&path, &json!({ "password": "something else" })).await.expect(200);
    thief.get("/api/user/me").await.expect(401);
    diner.with_token(reply["token"].as_str().unwrap()).get("/api/user/me").await.expect(200);

    let again = app.visitor().login("d@jwt.com", "something else").await;
    app.admin().await.put(&path, &json!({ "password": "reset by an admin" })).await.expect(200);
    again.get("/api/user/me").await.expect(401);
}

#[tokio::test]
async fn tokens_of_somebody_else_for_an_admin_who_changes_them() {
    let app = TestApp::start(|_| {}).await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    let path = format!("/api/user/{}", diner.get("/api/user/me").await["id"]);
    let reply = admin.put(&path, &json!({ "name": "Kai" })).await.expect(200);
    assert_eq!(reply["token"], admin.token());
}

#[tokio::test]
async fn tokens_that_outlive_their_user() {
    let app = TestApp::start(|_| {}).await;
    let (diner, elsewhere) = (app.diner().await, app.diner().await);
    app.admin().await.delete(&format!("/api/user/{}", id_of(&diner).await)).await.expect(200);
    for session in [diner, elsewhere] {
        session.order(&[1]).await.expect(401);
        session.history().await.expect(401);
        session.put("/api/user/2", &json!({ "password": "back again" })).await.expect(401);
    }
    assert_eq!(app.factory.calls().len(), 0);
}

#[tokio::test]
async fn logged_out_tokens() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    diner.delete("/api/auth").await.expect(200);
    for reply in [
        diner.get("/api/user/me").await,
        diner.history().await,
        diner.order(&[1]).await,
        diner.post("/api/franchise", &json!({ "name": "mine" })).await,
    ] {
        assert_eq!(reply.expect(401).message(), "unauthorized");
    }
    assert_eq!(app.factory.calls().len(), 0);
}

/// A browser sends cookies and follows addresses by itself, so neither may stand for a session: there is no CSRF.
#[tokio::test]
async fn sessions_that_a_browser_sends_by_itself() {
    let app = TestApp::start(|_| {}).await;
    let (diner, visitor) = (app.diner().await, app.visitor());
    let token = diner.token();
    for name in ["pizza_session", "token", "session", "jwt", "Authorization"] {
        let request =
            visitor.request(Method::GET, "/api/user/me").header("cookie", format!("{name}={token}"));
        visitor.send(request).await.expect(401);
        visitor.get(&format!("/api/user/me?{name}={token}")).await.expect(401);
    }
    let login = visitor.try_login("d@jwt.com", "diner").await.expect(200);
    assert_eq!(login.header("set-cookie"), None);
}

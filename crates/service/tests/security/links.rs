//! Links in notifications: whoever has one may do one thing, so nobody may make one, keep one, or be made to press one.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use test_kit::{JWT_SECRET, Reply, TestApp};

/// A service with an incident, and nobody who closes it.
async fn with_incident() -> TestApp {
    let app = TestApp::start(|config| config.alerts.enabled = false).await;
    app.tamper(
        "INSERT INTO incident (cause, open_cause, began_at, opened_at)
         VALUES ('factory', 'factory', 1764670200000, 1764670200000)",
    );
    app
}

fn claims(expires_in: i64) -> Value {
    json!({ "act": "acknowledge", "incident": 1, "exp": jiff::Timestamp::now().as_second() + expires_in })
}

fn link(key: &[u8], algorithm: Algorithm, claims: &Value) -> String {
    let token =
        jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key)).unwrap();
    format!("/act/{token}")
}

/// The key that such links are signed with.
fn our_key() -> Vec<u8> {
    Sha256::new().chain_update(b"act-link:").chain_update(JWT_SECRET).finalize().to_vec()
}

async fn press(app: &TestApp, path: &str) -> Reply {
    app.visitor().send(app.visitor().request(Method::POST, path)).await
}

async fn acknowledged(app: &TestApp) -> bool {
    app.count("SELECT count(*) FROM incident WHERE acknowledged_at IS NOT NULL") == 1
}

#[tokio::test]
async fn act_links_that_we_did_not_make_or_made_long_ago() {
    let app = with_incident().await;
    let ours = our_key();
    let good = link(&ours, Algorithm::HS256, &claims(60));
    let no_end = json!({ "act": "acknowledge", "incident": 1 });
    let other_act = json!({ "act": "delete-everything", "incident": 1, "exp": i64::MAX / 2 });
    let unknown =
        json!({ "act": "acknowledge", "incident": 2, "exp": jiff::Timestamp::now().as_second() + 60 });
    for path in [
        link(JWT_SECRET.as_bytes(), Algorithm::HS256, &claims(60)),
        link(b"another secret", Algorithm::HS256, &claims(60)),
        link(&ours, Algorithm::HS512, &claims(60)),
        link(&ours, Algorithm::HS256, &claims(-1)),
        link(&ours, Algorithm::HS256, &no_end),
        link(&ours, Algorithm::HS256, &other_act),
        link(&ours, Algorithm::HS256, &unknown),
        good[..good.len() - 1].to_owned(),
    ] {
        press(&app, &path).await.expect(404);
        app.visitor().get(&path).await.expect(404);
    }
    assert!(!acknowledged(&app).await);
    press(&app, &good).await.expect(200);
    assert!(
        acknowledged(&app).await,
        "the good one works, so the others were refused for what is wrong with them"
    );
}

/// Mail and chat programs, and scanners of mail, follow links by themselves.
#[tokio::test]
async fn act_links_that_programs_follow_by_themselves() {
    let app = with_incident().await;
    let path = link(&our_key(), Algorithm::HS256, &claims(60));
    for method in [Method::GET, Method::HEAD] {
        let reply = app.visitor().send(app.visitor().request(method, &path)).await.expect(200);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "the address is the capability");
    }
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        app.visitor().send(app.visitor().request(method, &path)).await.expect(405);
    }
    assert!(!acknowledged(&app).await);
}

/// No session is asked for, so there is none that another page could use: all it would need is the address, which
/// nobody can guess.
#[tokio::test]
async fn act_links_for_whoever_lures_an_admin_to_a_page() {
    let app = with_incident().await;
    let admin = app.admin().await;
    for token in ["", "1", "x.y.z", admin.token()] {
        let lured =
            admin.request(Method::POST, &format!("/act/{token}")).header("origin", "https://evil.example");
        admin.send(lured).await.expect(404);
    }
    assert!(!acknowledged(&app).await);
}

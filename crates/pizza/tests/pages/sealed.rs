//! Cookies, tokens and headers: what keeps other sites out of a diner's session.

use crate::Surfer;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use test_kit::{Diner, TestApp};

#[tokio::test]
async fn the_api_never_takes_a_cookie_for_a_session() {
    let app = TestApp::start(|_| {}).await;
    let surfer = Surfer::at(&app);
    surfer.login().await;
    surfer.get("/profile").await.expect(200);
    for path in ["/api/user/me", "/api/order"] {
        surfer.get(path).await.expect(401);
    }
    let order = surfer.request(Method::POST, "/api/order").json(&Diner::wants(&[1]));
    surfer.send(order).await.expect(401);
    // The same token is a session there, and ends here when it ends there.
    let diner = app.visitor().with_token(surfer.cookie("pizza_session"));
    diner.delete("/api/auth").await.expect(200);
    assert_eq!(surfer.get("/profile").await.expect(303).header("location"), Some("/login?next=%2Fprofile"));
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let app = TestApp::start(|_| {}).await;
    let surfer = Surfer::at(&app);
    let old = surfer.token("/login").await;
    surfer.login().await;
    let token = surfer.token("/menu").await;
    let own = app.base().as_str().trim_end_matches('/').to_owned();
    let add = |token: &str| surfer.form("/cart", &[("csrf", token), ("pizza", "1"), ("step", "1")]);
    for (why, request) in [
        ("no token", surfer.form("/cart", &[("pizza", "1"), ("step", "1")])),
        ("a made-up token", add("AAAA")),
        ("a token of before the login", add(&old)),
        ("another origin", add(&token).header("origin", "https://evil.example")),
        ("a hidden origin", add(&token).header("origin", "null")),
        ("another port of this machine", add(&token).header("origin", "http://localhost:5173")),
        ("another site", add(&token).header("sec-fetch-site", "cross-site")),
        ("a subdomain", add(&token).header("sec-fetch-site", "same-site")),
    ] {
        let reply = surfer.send(request).await.expect(403);
        assert!(
            reply.text.contains("That door is locked") && !reply.headers.contains_key("set-cookie"),
            "{why}"
        );
    }
    let ours = add(&token).header("origin", own).header("sec-fetch-site", "same-origin");
    surfer.send(ours).await.expect(303);
    assert!(surfer.get("/menu").await.text.contains("₿ 0.0038</strong>"));
    // Every form that is posted anywhere is checked alike.
    for path in [
        "/login",
        "/logout",
        "/register",
        "/profile",
        "/pay",
        "/verify",
        "/theme",
        "/orders/1/cancel",
        "/orders/1/again",
    ] {
        surfer.send(surfer.form(path, &[("csrf", &old)])).await.expect(403);
    }
    surfer.get("/profile").await.expect(200);
}

#[tokio::test]
async fn a_browser_with_another_s_token_stays_out() {
    let app = TestApp::start(|_| {}).await;
    let (one, other) = (Surfer::at(&app), Surfer::at(&app));
    one.login().await;
    let token = other.token("/menu").await;
    one.send(one.form("/cart", &[("csrf", &token), ("pizza", "1"), ("step", "1")])).await.expect(403);
    // Not even with the other's browser name: the session is in it.
    one.set_cookie("pizza_visitor", &other.cookie("pizza_visitor"));
    one.send(one.form("/cart", &[("csrf", &token), ("pizza", "1"), ("step", "1")])).await.expect(403);
}

#[tokio::test]
async fn cookies_are_out_of_reach_of_scripts_and_secure_where_there_is_https() {
    let app = TestApp::start(|config| {
        config.http.hsts_max_age = Some(Duration::from_secs(3600));
    })
    .await;
    let page = Surfer::at(&app).get("/").await.expect(200);
    let cookie = page.header("set-cookie").unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; Secure"), "{cookie}");

    let app = TestApp::start(|config| {
        config.http.trusted_proxies = vec!["127.0.0.1".to_owned().try_into().unwrap()];
    })
    .await;
    let surfer = Surfer::at(&app);
    let https = surfer.request(Method::GET, "/").header("x-forwarded-proto", "https");
    assert!(surfer.send(https).await.header("set-cookie").unwrap().ends_with("; Secure"));
    let http = Surfer::at(&app).get("/").await;
    assert!(!http.header("set-cookie").unwrap().contains("Secure"));
}

#[tokio::test]
async fn a_page_is_read_by_its_own_site_only_and_runs_nothing_inline() {
    let app = TestApp::start(|_| {}).await;
    for path in ["/", "/menu", "/login", "/register", "/verify", "/kitchen"] {
        let surfer = Surfer::at(&app);
        let request = surfer.request(Method::GET, path).header("origin", "http://localhost:5173");
        let page = surfer.send(request).await;
        assert!(page.text.starts_with("<!doctype html>"), "{path}: {}", page.text);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("access-control-allow-origin"), None, "{path}");
        for inline in [" style=", "<style", "<script>", " onclick=", "javascript:", "hx-on"] {
            assert!(!page.text.contains(inline), "{path} has {inline}");
        }
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_a_name_that_says_what_is_in_them() {
    let app = TestApp::start(|_| {}).await;
    let surfer = Surfer::at(&app);
    let menu = surfer.get("/menu").await.text;
    let mut names: Vec<_> =
        menu.split('"').filter(|text| text.starts_with("/assets/") || text.starts_with("/art/")).collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() >= 12, "{names:?}");
    for name in names {
        let asset = surfer
            .send(surfer.request(Method::GET, name).header("accept-encoding", "gzip"))
            .await
            .expect(200);
        assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"), "{name}");
        let compressed = asset.header("content-encoding") == Some("gzip");
        assert_eq!(compressed, !name.ends_with(".woff2"), "{name}");
    }
    surfer.get("/assets/app.000000000000.css").await.expect(404);
    surfer.get("/art/pizza1-z-0011223344556677.svg").await.expect(404);
}

#[tokio::test]
async fn what_goes_wrong_is_a_page_for_browsers_and_json_for_programs() {
    let app = TestApp::start(|_| {}).await;
    let surfer = Surfer::at(&app);
    assert!(surfer.get("/nowhere").await.expect(404).text.contains("Nothing on this plate"));
    assert_eq!(app.visitor().get("/nowhere").await.expect(404).message(), "unknown endpoint");
    assert_eq!(surfer.get("/api/nowhere").await.expect(404).message(), "unknown endpoint");
    surfer.login().await;
    for path in ["/orders/1", "/orders/x", "/orders/1/verify", "/orders/1/events"] {
        assert!(surfer.get(path).await.expect(404).text.contains("Nothing on this plate"), "{path}");
    }
    let theirs = app.admin().await.order(&[1]).await.expect(200).order_id();
    surfer.get(&format!("/orders/{theirs}")).await.expect(404);
}

#[tokio::test]
async fn a_store_that_cannot_promise_says_so_kindly() {
    let app = TestApp::start(|config| config.orders.queue_limit = 1).await;
    let closed = json!({ "mode": "forced_open", "reason": "a test" });
    app.admin().await.put("/api/admin/circuit", &closed).await.expect(200);
    app.diner().await.order_without_waiting(&[1]).await;
    let surfer = Surfer::at(&app);
    surfer.login().await;
    let token = surfer.token("/menu").await;
    surfer.send(surfer.form("/cart", &[("csrf", &token), ("pizza", "1"), ("step", "1")])).await.expect(303);
    let fields = [("csrf", token.as_str()), ("key", "one"), ("store", "1/1")];
    let page = surfer.send(surfer.form("/pay", &fields)).await.expect(503);
    assert!(
        page.text.contains("We cannot take more orders right now")
            && page.text.contains("Nothing is charged")
    );
    assert!(surfer.get("/menu").await.text.contains("₿ 0.0038</strong>"), "the cart is as it was");
}

#[tokio::test]
async fn one_payment_that_is_sent_twice_is_one_order() {
    let app = TestApp::start(|_| {}).await;
    let surfer = Surfer::at(&app);
    surfer.login().await;
    let token = surfer.token("/menu").await;
    let cart = surfer.form("/cart", &[("csrf", &token), ("pizza", "1"), ("step", "3")]);
    surfer.send(cart).await.expect(303);
    let full = surfer.cookie("pizza_cart");
    let fields = [("csrf", token.as_str()), ("key", "a payment"), ("store", "1/1")];
    let first = surfer.send(surfer.form("/pay", &fields)).await.expect(303);
    surfer.set_cookie("pizza_cart", &full);
    let second = surfer.send(surfer.form("/pay", &fields)).await.expect(303);
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(app.factory.calls().len(), 1);
    // A cart that a visitor wrote themselves is none.
    surfer.set_cookie("pizza_cart", "MXgy.AAAA");
    assert!(surfer.get("/menu").await.text.contains("Nothing yet."));
}

//! From an account to a pizza.

use crate::Browser;
use serde_json::json;
use std::time::Duration;
use test_kit::{Answer, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_diner_registers_orders_and_verifies_the_pizza() {
    let app = TestApp::start(|_| {}).await;
    Browser::walk(&app, async |browser| {
        browser.choose(1).await;
        browser.choose(2).await;
        browser.says("#cart", "0.008").await;
        browser.register("Ada Lovelace").await;
        browser.open("/pay").await;
        browser.says(".receipt", "₿ 0.008").await;
        browser.pay().await;
        browser.says(".delivery", "Delivered!").await;
        assert_eq!(browser.text("#cart-count .count").await, "0");
        let jwt = browser.text("#jwt").await;
        assert_eq!(jwt.split('.').count(), 3, "{jwt}");
        let picture = browser.script(
            "const art = document.querySelector('.pizza-art'); return art.complete && art.naturalWidth > 0",
        );
        assert_eq!(picture.await, json!(true), "the picture of the pizza is drawn");

        browser.click(".delivery a.button").await;
        browser.says(".verdict", "A real pizza").await;
        browser.says("main", "RS256").await;
        browser.says("main", "Ada Lovelace").await;
        browser.open("/orders").await;
        browser.says(".table", "delivered").await;
        browser.says(".table", "Veggie, Pepperoni").await;

        browser.click(".table form button").await;
        browser.says("h1", "Check out").await;
        browser.says(".receipt", "₿ 0.008").await;
        browser.has_nothing_to_complain_about().await;
    })
    .await;
    assert_eq!(app.factory.pizzas_made(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_pizza_is_told_from_a_real_one() {
    let app = TestApp::start(|_| {}).await;
    let pizza = app.diner().await.order(&[1]).await.expect(200)["jwt"].as_str().unwrap().to_owned();
    let (signed, _) = pizza.rsplit_once('.').unwrap();
    Browser::walk(&app, async |browser| {
        for (jwt, verdict) in [
            (pizza.as_str(), "A real pizza"),
            (&format!("{signed}.{}", "A".repeat(342)), "Not a pizza"),
            ("salami", "Not a pizza"),
        ] {
            browser.open("/verify").await;
            browser.fill("#paste", jwt).await;
            browser.click("main form .button").await;
            browser.says(".verdict h2", verdict).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_pizza_arrives_on_the_open_page() {
    let app = TestApp::start(|_| {}).await;
    app.factory.always(Answer::Slow(Duration::from_secs(4)));
    Browser::walk(&app, async |browser| {
        browser.register("Grace Hopper").await;
        browser.choose(3).await;
        browser.pay().await;
        browser.says(".delivery h2", "In the oven").await;
        assert_eq!(browser.status().await, json!(202));
        browser.script("window.same = true").await;
        browser.says(".delivery h2", "Delivered!").await;
        assert_eq!(browser.script("return window.same").await, json!(true), "without a reload");
        browser.has_nothing_to_complain_about().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diner_changes_name_and_password_and_the_old_session_ends() {
    let app = TestApp::start(|_| {}).await;
    let elsewhere = app.diner().await;
    Browser::walk(&app, async |browser| {
        browser.open("/profile").await;
        assert_eq!(browser.path().await, "/login");
        browser.fill("#email", "d@jwt.com").await;
        browser.fill("#password", "wrong").await;
        browser.click("main form .button").await;
        browser.says(".banner", "do not belong together").await;
        browser.fill("#password", "diner").await;
        browser.click("main form .button").await;
        browser.says("h1", "Your account").await;

        browser.fill("#name", "Renamed Diner").await;
        browser.fill("#password", "another long passphrase").await;
        browser.click("main form .button").await;
        browser.says(".banner", "current password").await;
        browser.fill("#name", "Renamed Diner").await;
        browser.fill("#password", "another long passphrase").await;
        browser.fill("#current", "diner").await;
        browser.click("main form .button").await;
        browser.says(".toast", "up to date").await;
        browser.says(".who", "Renamed Diner").await;
        elsewhere.get("/api/user/me").await.expect(401);

        browser.click("main form[action='/logout'] button").await;
        browser.says(".toast", "signed out").await;
        assert!(!browser.has(".who").await);
        browser.has_nothing_to_complain_about().await;
    })
    .await;
    app.visitor().try_login("d@jwt.com", "another long passphrase").await.expect(200);
}

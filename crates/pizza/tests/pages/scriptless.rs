//! The storefront without JavaScript: all of it works, and what is live reloads.

use crate::Browser;
use serde_json::json;
use test_kit::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_diner_without_scripts_orders_through_an_outage() {
    let app = TestApp::start(|_| {}).await;
    Browser::walk_without_scripts(&app, async |browser| {
        browser.choose(1).await;
        assert!(!browser.has("html.scripted").await, "scripts are off");
        browser.click("#more-1").await;
        browser.says("#cart", "0.0076").await;
        browser.click("#less-1").await;
        browser.says("#cart .line-total", "0.0038").await;

        let closed = json!({ "mode": "forced_open", "reason": "a test" });
        app.admin().await.put("/api/admin/circuit", &closed).await.expect(200);
        browser.click("#cart .button").await;
        browser.says("h1", "Sign in").await;
        browser.click("main a[href^='/register']").await;
        browser.fill("#name", " ").await;
        browser.fill("#email", "tim@example.com").await;
        browser.fill("#password", "x").await;
        browser.click("main form .button").await;
        browser.says(".field-wrong", "Your name must not be empty").await;
        browser.fill("#name", "Tim").await;
        browser.fill("#password", "a good long passphrase").await;
        browser.click("main form .button").await;
        browser.says("h1", "Check out").await;
        browser.says(".banner", "The kitchen is closed right now.").await;
        browser.click("main form .button").await;
        browser.says(".delivery h2", "Your order is safe").await;
        browser.click("form[action$='/cancel'] button").await;
        browser.says(".delivery h2", "Order cancelled").await;

        browser.click("form[action$='/again'] button").await;
        browser.says("h1", "Check out").await;
        browser.click("main form .button").await;
        browser.says(".delivery h2", "Your order is safe").await;
        let automatic = json!({ "mode": "automatic", "reason": "a test" });
        app.admin().await.put("/api/admin/circuit", &automatic).await.expect(200);
        // It reloads by itself.
        browser.says(".delivery h2", "Delivered!").await;
        browser.click(".delivery a.button").await;
        browser.says(".verdict", "A real pizza").await;
        browser.click("button[value='dark']").await;
        browser.element("html[data-theme='dark']").await;
        browser.open("/profile").await;
        browser.click("form[action='/logout'] button").await;
        browser.says(".toast", "signed out").await;
    })
    .await;
}

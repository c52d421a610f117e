//! The franchisee's office.

use crate::{Browser, Surfer};
use reqwest::Method;
use test_kit::{TestApp, eventually};

const STORES: &str = "section[aria-labelledby='stores'] tbody";

#[tokio::test(flavor = "multi_thread")]
async fn a_franchisee_opens_and_closes_a_store() {
    let app = TestApp::start(|_| {}).await;
    Browser::walk(&app, async |browser| {
        opens_and_closes(browser, &app).await;
        browser.has_nothing_to_complain_about().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_without_scripts() {
    let app = TestApp::start(|_| {}).await;
    Browser::walk_without_scripts(&app, async |browser| opens_and_closes(browser, &app).await).await;
}

async fn opens_and_closes(browser: &Browser, app: &TestApp) {
    app.diner().await.order(&[1, 2]).await.expect(200);
    sign_in(browser, "f@jwt.com", "franchisee").await;
    browser.click(".nav a[href='/franchise']").await;
    browser.says("h1", "pizzaPocket").await;
    browser.says(".earned", "₿ 0.008").await;
    browser.says(STORES, "SLC").await;
    let words = browser.element(".chart-bars").await.attr("aria-label").await.unwrap().unwrap();
    assert!(words.contains("0.008 bitcoin together"), "{words}");

    browser.click("main form .button").await;
    browser.says(".field-wrong", "Name must not be empty.").await;
    browser.fill("#name", "O'Provo <b>").await;
    browser.click("main form .button").await;
    browser.says(".toast", "O'Provo <b> is open").await;
    let list = app.visitor().get("/api/franchise").await.expect(200);
    assert_eq!(list["franchises"][0]["stores"][1]["name"], "O'Provo <b>");

    let waiting = app.diner().await.order_without_waiting(&[3]).await;
    browser.click("a[aria-label='Close SLC']").await;
    browser.says("h1", "Close the store SLC?").await;
    browser.says(".consequences", "they are made and delivered").await;
    browser.click("main a[href='/franchise/1']").await;
    browser.says(STORES, "SLC").await;
    browser.click("a[aria-label='Close SLC']").await;
    browser.click("main form button").await;
    browser.says(".toast", "The store is closed").await;
    assert!(!browser.text(STORES).await.contains("SLC"));
    app.diner().await.wait_for(waiting, "fulfilled").await;
    app.diner().await.order(&[1]).await.expect(404);
    eventually("the chart keeps what a closed store earned", async || {
        browser.open("/franchise").await;
        browser.text(".earned").await.contains("₿ 0.0122").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_franchise_reads_how_to_get_one() {
    let app = TestApp::start(|_| {}).await;
    Browser::walk(&app, async |browser| {
        browser.open("/").await;
        browser.click(".foot a[href='/franchise']").await;
        browser.says("h1", "So you want a slice").await;
        browser.click("main a[href='/register?next=/franchise']").await;
        browser.fill("#name", "Enzo").await;
        browser.fill("#email", "enzo@example.com").await;
        browser.fill("#password", "a good long passphrase").await;
        browser.click("main form button").await;
        browser.says("main", "yours is enzo@example.com").await;

        for name in ["One", "Two"] {
            app.admin().await.found_franchise(name, &["enzo@example.com"]).await.expect(200);
        }
        browser.open("/franchise").await;
        browser.says("h1", "Your franchises").await;
        browser.click("main li:nth-child(2) a").await;
        browser.says("h1", "Two").await;
        browser.says("main", "No stores yet").await;
        browser.says("main", "Nothing was sold in these days").await;
    })
    .await;
}

#[tokio::test]
async fn somebody_else_s_franchise_is_a_locked_door() {
    let app = TestApp::start(|_| {}).await;
    let surfer = Surfer::at(&app);
    let page = surfer.get("/franchise/1").await.expect(303);
    assert_eq!(page.header("location"), Some("/login?next=%2Ffranchise%2F1"));
    surfer.login().await;
    let token = surfer.token("/menu").await;
    for path in ["/franchise/1", "/franchise/1/stores/1/close", "/franchise/4711"] {
        assert!(surfer.get(path).await.expect(403).text.contains("That door is locked"), "{path}");
    }
    for path in ["/franchise/1/stores", "/franchise/1/stores/1/close"] {
        let form = surfer.form(path, &[("csrf", &token), ("name", "mine")]);
        assert!(surfer.send(form).await.expect(403).text.contains("That door is locked"), "{path}");
        surfer.send(surfer.request(Method::POST, path)).await.expect(403);
    }
    surfer.get("/franchise/x").await.expect(404);
    let list = app.visitor().get("/api/franchise").await.expect(200);
    assert_eq!(list["franchises"][0]["stores"].as_array().unwrap().len(), 1);
}

/// Signs in to an account that is there, and out of any other.
pub async fn sign_in(browser: &Browser, email: &str, password: &str) {
    browser.open("/profile").await;
    if browser.has("form[action='/logout']").await {
        browser.click("form[action='/logout'] button").await;
        browser.says(".toast", "signed out").await;
        browser.open("/login").await;
    }
    browser.fill("#email", email).await;
    browser.fill("#password", password).await;
    browser.click("main form .button").await;
    browser.element(".who").await;
}

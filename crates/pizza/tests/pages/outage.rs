//! The outage as a diner sees it.

use crate::Browser;
use serde_json::json;
use test_kit::{Answer, TestApp};

/// The factory fails, and the kitchen has noticed.
pub async fn close_the_kitchen(app: &TestApp) {
    app.factory.always(Answer::Status(500));
    app.diner().await.order_without_waiting(&[1]).await;
    app.diner().await.order_without_waiting(&[1]).await;
    app.visitor().wait_for_kitchen("closed").await;
}

/// Closed by hand, so that not even a probe takes an order from the queue.
async fn keep_the_kitchen_closed(app: &TestApp) {
    let closed = json!({ "mode": "forced_open", "reason": "a test" });
    app.admin().await.put("/api/admin/circuit", &closed).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_the_outage_is_safe_and_turns_to_delivered_by_itself() {
    let app = TestApp::start(|_| {}).await;
    Browser::walk(&app, async |browser| {
        browser.register("Edsger Dijkstra").await;
        browser.choose(2).await;
        browser.says(".sign", "Kitchen open").await;
        close_the_kitchen(&app).await;
        // The sign of an open page changes by itself, and moves nothing.
        browser.says(".sign", "Kitchen closed").await;
        browser.says(".sign", "nothing gets lost").await;
        browser.open("/pay").await;
        browser.says(".banner", "The kitchen is closed right now.").await;
        browser.says(".banner", "kept safe").await;

        let order = browser.pay().await;
        assert_eq!(browser.status().await, json!(202));
        let page = browser.text("main").await;
        assert!(page.contains("safe") || page.contains("In the oven"), "{page}");
        assert!(!page.contains("500") && !page.to_lowercase().contains("error"), "{page}");
        browser.script("window.same = true").await;

        app.factory.always(Answer::Pizza);
        browser.says(".delivery h2", "Delivered!").await;
        assert_eq!(browser.script("return window.same").await, json!(true), "without a reload");
        browser.says(".sign", "Kitchen open").await;
        let title = browser.script("return document.title").await;
        assert!(title.as_str().unwrap().starts_with("Delivered! Order"), "{title}");
        assert!(browser.shift().await < 0.1, "live updates move the page by {}", browser.shift().await);
        browser.open("/orders").await;
        browser.says(&format!(".table a[href='{order}']"), "Order").await;
        browser.has_nothing_to_complain_about().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diner_who_closed_the_browser_finds_the_pizza_when_they_come_back() {
    let app = TestApp::start(|_| {}).await;
    keep_the_kitchen_closed(&app).await;
    let (mut order, mut cookies) = (String::new(), Vec::new());
    Browser::walk(&app, async |browser| {
        browser.register("Barbara Liskov").await;
        browser.choose(4).await;
        order = browser.pay().await;
        browser.says(".delivery h2", "Your order is safe").await;
        browser.says(".delivery", "Next in line").await;
        browser.says(".delivery", "You can close this page and come back").await;
        cookies = browser.cookies().await;
    })
    .await;
    let automatic = json!({ "mode": "automatic", "reason": "a test" });
    app.admin().await.put("/api/admin/circuit", &automatic).await.expect(200);
    Browser::walk(&app, async |browser| {
        browser.take_cookies(cookies).await;
        browser.open(&order).await;
        browser.says(".delivery h2", "Delivered!").await;
        browser.says(".who", "Barbara Liskov").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_waits_can_be_cancelled() {
    let app = TestApp::start(|_| {}).await;
    keep_the_kitchen_closed(&app).await;
    app.diner().await.order_without_waiting(&[1]).await;
    Browser::walk(&app, async |browser| {
        browser.register("Donald Knuth").await;
        browser.choose(5).await;
        browser.pay().await;
        browser.says(".delivery", "1 order before yours").await;
        browser.click("form[data-ask] button").await;
        browser.says("#ask", "Cancel this order?").await;
        browser.click("#ask [data-no]").await;
        browser.says(".delivery h2", "Your order is safe").await;
        browser.click("form[data-ask] button").await;
        browser.click("#ask [data-yes]").await;
        browser.says(".toast", "Your order is cancelled").await;
        browser.says(".delivery h2", "Order cancelled").await;
        assert_eq!(browser.status().await, json!(200));
        browser.open("/orders").await;
        browser.says(".table", "cancelled").await;
        browser.has_nothing_to_complain_about().await;
    })
    .await;
    assert_eq!(app.factory.pizzas_made(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_how_the_kitchen_is() {
    let app = TestApp::start(|_| {}).await;
    Browser::walk(&app, async |browser| {
        browser.open("/kitchen").await;
        browser.says(".neon", "open").await;
        keep_the_kitchen_closed(&app).await;
        app.diner().await.order_without_waiting(&[1]).await;
        browser.says(".neon", "closed").await;
        browser.says(".kitchen .facts", "1").await;
        browser.says(".kitchen", "Orders are saved").await;
        assert!(browser.shift().await < 0.1);
        browser.has_nothing_to_complain_about().await;
    })
    .await;
}

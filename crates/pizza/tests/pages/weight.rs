//! No page weighs more than 150 KB over the wire, with all that comes with it.

use crate::Browser;
use test_kit::TestApp;

const MOST: u64 = 150_000;
const WEIGH: &str = "const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]; \
                     return all.filter((one) => !one.name.endsWith('/events')).reduce((sum, one) => sum + one.transferSize, 0)";

const OF_ADMINS: [&str; 12] = [
    "/operations",
    "/operations/incidents",
    "/operations/alerts",
    "/operations/circuit",
    "/operations/queue",
    "/operations/chaos",
    "/operations/log",
    "/admin",
    "/admin/franchises",
    "/admin/users",
    "/admin/menu",
    "/franchise/1",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_heavy() {
    let app = TestApp::start(|_| {}).await;
    Browser::walk(&app, async |browser| {
        browser.register("Margaret Hamilton").await;
        browser.choose(1).await;
        let order = browser.pay().await;
        browser.choose(2).await;
        browser.devtools("Network.enable", serde_json::json!({})).await;
        browser.devtools("Network.setCacheDisabled", serde_json::json!({ "cacheDisabled": true })).await;
        let verify = format!("{order}/verify");
        for path in ["/", "/menu", "/pay", &order, &verify, "/orders", "/profile", "/kitchen", "/nowhere"] {
            weigh(browser, path).await;
        }
    })
    .await;
    Browser::walk(&app, async |browser| {
        browser.login("a@jwt.com", "admin", "/operations").await;
        browser.devtools("Network.enable", serde_json::json!({})).await;
        browser.devtools("Network.setCacheDisabled", serde_json::json!({ "cacheDisabled": true })).await;
        for path in OF_ADMINS {
            weigh(browser, path).await;
        }
    })
    .await;
}

async fn weigh(browser: &Browser, path: &str) {
    browser.open(path).await;
    browser
        .script_that_waits(
            "const done = arguments[0]; document.fonts.ready.then(() => setTimeout(done, 300))",
        )
        .await;
    let weight = browser.script(WEIGH).await.as_u64().unwrap();
    println!("{path} weighs {weight} bytes");
    assert!((10_000..MOST).contains(&weight), "{path} weighs {weight} bytes");
}

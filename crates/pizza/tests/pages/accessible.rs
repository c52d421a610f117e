//! axe-core finds no serious or critical fault on any page, light and dark, wide and narrow.

use crate::Browser;
use serde_json::{Value, json};
use test_kit::TestApp;

const AXE: &str = include_str!("axe.min.js");
const RUN: &str = "const done = arguments[0]; axe.run(document, { resultTypes: ['violations'] }).then((found) => \
    done(found.violations.filter((fault) => ['serious', 'critical'].includes(fault.impact)).map((fault) => \
    [fault.id, fault.nodes.map((node) => node.html.slice(0, 200) + ' ' + node.failureSummary)])), (error) => done(String(error)))";

/// Looks at a page in both themes, wide and narrow.
pub async fn has_no_fault(browser: &Browser, path: &str) {
    browser.open(path).await;
    browser.script(AXE).await;
    for (scheme, width) in [("light", 1280), ("dark", 1280), ("dark", 390), ("light", 390)] {
        browser.prefer(scheme).await;
        browser.be_sized(width, 900).await;
        // What moves is looked at where it comes to rest.
        browser.script("document.getAnimations().forEach((moving) => { try { moving.finish() } catch { moving.cancel() } })").await;
        let faults = browser.script_that_waits(RUN).await;
        assert_eq!(faults, json!([]), "{path}, {scheme}, {width} wide: {faults:#}");
        let (inner, wanted) = ("innerWidth", "document.documentElement.scrollWidth");
        let fits: Value = browser.script(&format!("return {wanted} <= {inner}")).await;
        assert_eq!(fits, json!(true), "{path} is wider than a window of {width}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_has_a_serious_fault() {
    let app = TestApp::start(|_| {}).await;
    Browser::walk(&app, async |browser| {
        for path in ["/", "/menu", "/login", "/register", "/verify", "/kitchen", "/nowhere", "/pay", "/docs"]
        {
            has_no_fault(browser, path).await;
        }
        browser.register("Alan Kay").await;
        for pizza in [1, 2] {
            browser.choose(pizza).await;
        }
        for path in ["/", "/menu", "/pay", "/profile", "/orders"] {
            has_no_fault(browser, path).await;
        }
        let delivered = browser.pay().await;
        browser.says(".delivery h2", "Delivered!").await;
        for path in [&delivered, &format!("{delivered}/verify"), "/orders"] {
            has_no_fault(browser, path).await;
        }
        let closed = json!({ "mode": "forced_open", "reason": "a test" });
        app.admin().await.put("/api/admin/circuit", &closed).await.expect(200);
        browser.choose(3).await;
        has_no_fault(browser, "/pay").await;
        let waiting = browser.pay().await;
        for path in [&waiting, "/kitchen", "/orders"] {
            has_no_fault(browser, path).await;
        }
        browser.open(&waiting).await;
        browser.click("form[data-ask] button").await;
        browser.click("#ask [data-yes]").await;
        browser.says(".delivery h2", "Order cancelled").await;
        has_no_fault(browser, &waiting).await;
    })
    .await;
}

//! The on-call engineer's pages, with the real program and the real factory, because only that one has chaos to end.

use crate::{Browser, Surfer, accessible::has_no_fault};
use factory_api::{ChaosKind, ChaosRequest};
use reqwest::{Client, Method, StatusCode};
use serde_json::json;
use std::time::Duration;
use test_kit::{Installation, TestApp, Visitor};
use tokio::task::JoinHandle;
use url::Url;

/// Twenty times faster than in real life.
const SETTINGS: [(&str, &str); 6] = [
    ("circuit.open", "300ms"),
    ("circuit.open_max", "1s"),
    ("fulfilment.backoff", "100ms"),
    ("fulfilment.backoff_max", "500ms"),
    ("fulfilment.poll", "100ms"),
    ("alerts.speed", "15"),
];
/// Chaos that would outlast every test.
const FOR_EVER: u64 = 3600;

/// The program, and somebody who orders all the time.
struct Shift {
    installation: Installation,
    base: Url,
    diner: JoinHandle<()>,
}

impl Drop for Shift {
    fn drop(&mut self) {
        self.diner.abort();
    }
}

impl Shift {
    async fn begin() -> Self {
        let installation = Installation::start(env!("CARGO_BIN_EXE_pizza"), &SETTINGS).await.unwrap();
        let base: Url = installation.url("/").parse().unwrap();
        let diner = Visitor::at(&base);
        diner.register("ada", "ada@example.com", "a good long passphrase").await.expect(200);
        let diner = diner.login("ada@example.com", "a good long passphrase").await;
        let (franchise, store) = installation.store();
        let order = json!({ "franchiseId": franchise.0, "storeId": store.0, "items": [{ "menuId": 1 }] });
        let diner = tokio::spawn(async move {
            let mut pace = tokio::time::interval(Duration::from_millis(300));
            loop {
                pace.tick().await;
                let request = diner.request(Method::POST, "/api/order").header("prefer", "wait=0");
                diner.send(request.json(&order)).await;
            }
        });
        Self { installation, base, diner }
    }

    async fn breaks(&self) {
        let url = self.installation.factory_url(&format!("/api/vendor/chaos/{}", ChaosKind::Fail));
        let window = ChaosRequest { duration_seconds: Some(FOR_EVER), ..ChaosRequest::default() };
        let http = Client::builder().no_proxy().build().unwrap();
        let asked = http.put(url).bearer_auth(self.installation.vendor().1).json(&window).send().await;
        assert_eq!(asked.unwrap().status(), StatusCode::OK);
    }

    async fn open_for_duty(&self, browser: &Browser) {
        let admin = self.installation.admin();
        browser.login(admin.email, admin.password, "/operations").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engineer_sees_the_alert_takes_the_incident_on_ends_the_chaos_and_reads_the_report() {
    let shift = Shift::begin().await;
    Browser::walk_at(&shift.base, async |browser| {
        shift.open_for_duty(browser).await;
        browser.says("#rate + p", "100").await;
        browser.says(".ops-now", "All rules are Normal").await;
        browser.picture("operations-calm").await;
        browser.script("window.same = true").await;

        shift.breaks().await;
        browser.says(".ops-now", "Kitchen closed").await;
        browser.says(".ops-list", "Pending").await;
        browser.says(".ops-list", "Pizza Factory Success Rate %").await;
        browser.says(".ops-list .busy", "Alerting").await;
        browser.says(".ops-incident h2", "The factory makes no pizzas").await;
        browser.says(".ops-incident", "chaos").await;
        browser.says(".ops-incident", "chaos monkey").await;
        assert_eq!(browser.script("return window.same").await, json!(true), "without a reload");
        browser.picture("operations-outage").await;
        has_no_fault(browser, "/operations").await;

        browser.click(".ops-incident form[action$='/acknowledge'] button").await;
        browser.says(".toast", "You have taken it on.").await;
        browser.says(".ops-incident .good", "is on it").await;
        assert_eq!(browser.path().await, "/operations");

        browser.click(".ops-incident .ops-over a").await;
        browser.says("h1", "Incident 1: The factory makes no pizzas").await;
        browser.says(".ops-timeline", "The first call to the factory failed").await;
        browser.says(".ops-timeline", "acknowledged the incident").await;
        has_no_fault(browser, "/operations/incidents/1").await;
        // The question may stand for a while: the page under it waits.
        browser.click("#end-chaos").await;
        browser.says("#ask", "End the factory's chaos?").await;
        tokio::time::sleep(Duration::from_secs(4)).await;
        browser.click("#ask [data-yes]").await;
        browser.says(".toast", "The factory says:").await;
        browser.says("main", "over").await;
        browser.says(".ops-timeline", "The incident is closed").await;
        browser.picture("operations-incident").await;
        has_no_fault(browser, "/operations/incidents/1").await;

        browser.click("a[href$='/report']").await;
        browser.says(".prose h1", "Incident").await;
        for section in ["Summary", "Detection", "Impact", "Timeline", "Resolution", "Action Items"] {
            browser.says(".prose", section).await;
        }
        browser.picture("operations-report").await;
        has_no_fault(browser, "/operations/incidents/1/report").await;
        browser.open("/operations/incidents").await;
        browser.says(".table", "The factory makes no pizzas").await;
        browser.picture("operations-incidents").await;
        has_no_fault(browser, "/operations/incidents").await;

        browser.open("/operations/alerts").await;
        browser.says("#factory-success-rate .ops-history", "Alerting").await;
        has_no_fault(browser, "/operations/alerts").await;
        browser.click("#pause-latency-30").await;
        browser.says("#ask", "Pause “Latency” for 30 minutes?").await;
        browser.click("#ask [data-yes]").await;
        browser.says(".toast", "Latency is paused for 30 minutes").await;
        browser.says(".shout", "paused by Admin").await;
        browser.picture("operations-alerts").await;
        has_no_fault(browser, "/operations/alerts").await;
        browser.open("/operations").await;
        browser.says(".shout", "The alert “Latency” is paused by Admin").await;
        browser.open("/operations/alerts").await;
        browser.click("#resume-latency").await;
        browser.says(".toast", "Latency is watched again").await;
        browser.click("form[action$='/alerts/test'] button").await;
        browser.click("#ask [data-yes]").await;
        browser.says(".toast", "no contact point").await;
        browser.has_nothing_to_complain_about().await;
    })
    .await;
    let admin = shift.installation.admin();
    let admin = Visitor::at(&shift.base).login(admin.email, admin.password).await;
    let audit = admin.get("/api/admin/audit").await.expect(200).text;
    for act in ["incident.acknowledge", "incident.end_chaos", "alert.pause", "alert.resume", "alert.test"] {
        assert!(audit.contains(act), "{act}: {audit}");
    }
}

const PAGES: [&str; 3] = ["/operations", "/operations/incidents", "/operations/alerts"];
const ACTS: [&str; 5] = [
    "/operations/incidents/1/acknowledge",
    "/operations/incidents/1/end-chaos",
    "/operations/alerts/latency/pause",
    "/operations/alerts/latency/resume",
    "/operations/alerts/test",
];

#[tokio::test]
async fn who_is_no_admin_sees_nothing_and_does_nothing() {
    let app = TestApp::start(|_| {}).await;
    let surfer = Surfer::at(&app);
    for path in PAGES {
        let page = surfer.get(path).await.expect(303);
        assert!(page.header("location").unwrap().starts_with("/login?next=%2Foperations"), "{path}");
    }
    surfer.login().await;
    let token = surfer.token("/menu").await;
    for path in PAGES.into_iter().chain(["/operations/incidents/1", "/operations/incidents/1/report.md"]) {
        let page = surfer.get(path).await.expect(403);
        assert!(page.text.contains("That door is locked"), "{path}");
        let part = surfer.request(Method::GET, path).header("hx-request", "true");
        surfer.send(part).await.expect(403);
    }
    for path in ACTS {
        surfer.send(surfer.form(path, &[("csrf", &token), ("minutes", "15")])).await.expect(403);
        // An admin's browser that another site talks to does nothing either.
        surfer.send(surfer.form(path, &[("minutes", "15")])).await.expect(403);
    }
    assert!(!surfer.get("/menu").await.text.contains("/operations"));
    let audit = app.admin().await.get("/api/admin/audit").await.expect(200).text;
    assert!(!audit.contains("alert."), "{audit}");
}

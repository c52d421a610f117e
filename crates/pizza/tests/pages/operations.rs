//! The on-call engineer's pages, with the real program and the real factory, because only that one has chaos to end.

use crate::{Browser, Surfer, accessible::has_no_fault};
use factory_api::{ChaosKind, ChaosRequest};
use reqwest::{Client, Method, StatusCode};
use serde_json::json;
use std::time::Duration;
use test_kit::{Answer, Installation, TestApp, Visitor};
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
        browser.says("#circuit + .ops-word", "closed").await;
        browser.says(".ops-list", "Pending").await;
        browser.says(".ops-list", "Pizza Factory Success Rate %").await;
        browser.says(".ops-list .busy", "Alerting").await;
        assert!(browser.shift().await < 0.1, "live updates move the page");
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
        browser.says("main [hx-get] .shout", "paused by Admin").await;
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

const PAGES: [&str; 9] = [
    "/operations",
    "/operations/incidents",
    "/operations/alerts",
    "/operations/circuit",
    "/operations/queue",
    "/operations/queue/quarantined",
    "/operations/chaos",
    "/operations/chaos/start",
    "/operations/log",
];
const ACTS: [&str; 15] = [
    "/operations/circuit",
    "/operations/circuit/chaos",
    "/operations/queue/pause",
    "/operations/queue/resume",
    "/operations/orders/1/redrive",
    "/operations/orders/1/cancel",
    "/operations/chaos",
    "/operations/chaos/start",
    "/operations/chaos/stop",
    "/operations/chaos/1/delete",
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
        let part =
            surfer.send(surfer.request(Method::GET, path).header("hx-request", "true")).await.expect(204);
        assert_eq!(
            part.header("hx-refresh"),
            Some("true"),
            "a page whose session has ended asks for the login"
        );
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
    assert!(!audit.contains("alert.") && !audit.contains("chaos") && !audit.contains("queue"), "{audit}");
    assert!(!app.admin().await.get("/api/admin/queue").await["paused"].as_bool().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engineer_takes_the_circuit_over_and_the_queue_in_hand() {
    let shift = Shift::begin().await;
    Browser::walk_at(&shift.base, async |browser| {
        shift.open_for_duty(browser).await;
        browser.open("/operations/circuit").await;
        browser.says(".ops-word", "closed").await;
        browser.click("input[value='forced_open']").await;
        browser.fill("#reason", "the factory asked us to").await;
        // What is typed stays, whatever changes beside it.
        browser.click("form[action='/operations/circuit'] button").await;
        browser.says("#ask", "Take this over?").await;
        browser.click("#ask [data-yes]").await;
        browser.says(".toast", "forced open").await;
        browser.says(".ops-word", "forced open").await;
        browser.says(".ops-timeline", "Forced open by hand").await;
        browser.picture("operations-circuit").await;
        has_no_fault(browser, "/operations/circuit").await;
        browser.open("/operations").await;
        browser.says(".shout", "The circuit is forced open").await;

        browser.open("/operations/queue").await;
        browser.element(".table tbody tr").await;
        browser.picture("operations-queue").await;
        has_no_fault(browser, "/operations/queue").await;
        let order = browser.text(".table tbody th a").await;
        browser.click(".table tbody .act button").await;
        browser.says("#ask", &format!("Cancel {}?", order.to_lowercase())).await;
        browser.click("#ask [data-yes]").await;
        browser.says(".toast", &format!("{order} is cancelled.")).await;
        browser.click("#pause").await;
        browser.click("#ask [data-yes]").await;
        browser.says(".shout", "The queue is paused").await;
        has_no_fault(browser, "/operations/queue").await;
        browser.click("#resume").await;
        browser.says(".toast", "The queue moves again.").await;
        browser.open("/operations/queue/quarantined").await;
        browser.says(".ops-calm", "No order is quarantined.").await;

        browser.open("/operations/circuit").await;
        browser.click("input[value='automatic']").await;
        browser.fill("#reason", "they are done").await;
        browser.click("form[action='/operations/circuit'] button").await;
        browser.click("#ask [data-yes]").await;
        browser.says(".ops-word", "closed").await;

        browser.open("/operations/log?type=audit").await;
        browser.says(".ops-lines", "circuit.force_open").await;
        browser.open("/operations/log").await;
        browser.says(".ops-lines", "http").await;
        browser.picture("operations-log").await;
        has_no_fault(browser, "/operations/log").await;
        browser.click(".ops-lines a[href*='request=']").await;
        browser.element("#request[value]:not([value=''])").await;
        browser.has_nothing_to_complain_about().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chaos_is_planned_and_started_by_who_knows_who_is_affected_and_diners_are_told() {
    let shift = Shift::begin().await;
    Browser::walk_at(&shift.base, async |browser| {
        shift.open_for_duty(browser).await;
        browser.open("/operations/chaos").await;
        browser.says("#factory + p", "It behaves.").await;
        browser.fill("#reason", "a rehearsal for the new ones").await;
        browser.click("form[action='/operations/chaos'] button").await;
        browser.says(".toast", "It is planned").await;
        browser.says(".ops-list", "a rehearsal for the new ones").await;
        browser.open("/kitchen").await;
        browser.says("#planned + ul", "we rehearse an outage").await;
        assert!(!browser.text("main").await.contains("for the new ones"), "why is nobody else's business");

        browser.open("/operations/chaos").await;
        browser.click("form[action='/operations/chaos/start'] button").await;
        browser.says("#affected ~ dl", "Stores").await;
        browser.picture("operations-chaos-start").await;
        has_no_fault(browser, "/operations/chaos/start").await;
        browser.click("#sure").await;
        browser.click("form[action='/operations/chaos/start'] .button").await;
        browser.says(".toast", "The factory does its worst (fail) for 2 minutes").await;
        browser.says(".shout", "fail now").await;
        browser.picture("operations-chaos").await;
        has_no_fault(browser, "/operations/chaos").await;
        browser.open("/operations").await;
        browser.says(".ops-incident", "planned chaos (fail, started by Admin)").await;
        browser.open("/operations/chaos").await;
        browser.click("#stop").await;
        browser.click("#ask [data-yes]").await;
        browser.says(".toast", "The chaos is over.").await;
        browser.says("#factory + p", "It behaves.").await;

        browser.open("/kitchen").await;
        browser.says(".told", "made as soon as it reopen").await;
        browser.says(".days-legend + p", "Trouble on 1 of the last 90 days").await;
        browser.picture("kitchen").await;
        has_no_fault(browser, "/kitchen").await;
        browser.has_nothing_to_complain_about().await;
    })
    .await;
    let visitor = Visitor::at(&shift.base);
    let feed = visitor.get("/kitchen/feed.atom").await.expect(200);
    assert_eq!(feed.header("content-type"), Some("application/atom+xml; charset=utf-8"));
    let history = visitor.get("/kitchen/history.json").await.expect(200);
    assert_eq!(history["days"].as_array().unwrap().len(), 90);
    assert!(history["incidents"][0]["message"].as_str().unwrap().contains("made as soon as it reopen"));
    for text in [&feed.text, &history.text] {
        for secret in ["monkey", "127.0.0.1:1", "reportUrl", "support", "rehearsal for", "Admin"] {
            assert!(!text.replace(shift.base.as_str(), "/").contains(secret), "{secret} in {text}");
        }
    }
    assert!(
        feed.text.contains("<title>Trouble in the kitchen</title>") || feed.text.contains("Over: trouble")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_work_without_scripts() {
    let app = TestApp::start(|config| config.alerts.speed = 60).await;
    app.factory.always(Answer::Status(500));
    app.diner().await.order_without_waiting(&[1]).await;
    app.diner().await.order_without_waiting(&[1]).await;
    Browser::walk_without_scripts(&app, async |browser| {
        browser.login("a@jwt.com", "admin", "/operations").await;
        // The page reloads itself.
        browser.says(".ops-incident h2", "The factory makes no pizzas").await;
        browser.says(".ops-incident", "no pizza today").await;
        assert!(!browser.has("form[action$='/end-chaos']").await, "there is no link to follow");
        browser.click(".ops-incident form[action$='/acknowledge'] button").await;
        browser.says(".toast", "You have taken it on.").await;
        browser.open("/operations/chaos/start").await;
        browser.says("#affected ~ dl", "Stores").await;
        browser.open("/operations/queue").await;
        browser.click("#pause").await;
        browser.says(".shout", "The queue is paused").await;
        browser.open("/operations").await;
        browser.says(".shout", "The queue is paused").await;
        app.factory.always(Answer::Pizza);
        browser.open("/operations/queue").await;
        browser.click("#resume").await;
        browser.says(".toast", "The queue moves again.").await;
    })
    .await;
}

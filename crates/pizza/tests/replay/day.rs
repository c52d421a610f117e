//! 2 December, replayed: healthy since 10:00, chaos from 10:10 for twelve minutes, nobody ends it, and what was ordered
//! meanwhile is made.

use crate::{
    alertmanager::Alertmanager,
    clock::{SPEED, after, before, minutes, text, within},
    diner::{Diner, Order},
    engines::{SUCCESS_RATE, Way},
    observer::{self, Counts, Look},
    outage::{self, Call},
    pager::{Message, Pager},
    people::{Admin, press},
    prometheus::Prometheus,
    report::Report,
    story::Story,
};
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use test_kit::Installation;
use tokio::time::{sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// Who is told, by the paths of the pager.
pub const ON_CALL: &str = "/on-call";
pub const ALERTMANAGERS: &str = "/alertmanager";
pub const WATCHDOG: &str = "/watchdog";

const ORDER_EVERY: Duration = Duration::from_millis(250);
/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn the_outage_of_2_december_is_seen_by_both_engines_told_to_whom_it_concerns_and_written_down() {
    let story = replay().await;
    story.is_kept();
    story.both_engines_go_the_same_way();
    story.the_metric_drops_from_100_to_0_and_returns();
    story.the_alert_stays_while_no_calls_flow();
    story.the_page_says_what_broke_how_many_wait_and_what_to_do();
    story.alertmanager_pages_for_prometheus_and_for_the_service();
    story.everybody_hears_that_it_is_over();
    story.nobody_s_alert_has_two_severities();
    story.no_secret_was_told();
    story.the_report_has_eight_sections();
    story.the_report_detects_what_was_seen_from_outside();
    story.the_timeline_has_every_fact_at_its_time();
    story.the_numbers_are_those_that_were_counted();
    story.nothing_went_wrong_on_the_way().await;
}

/// What went on, gathered for the story.
pub struct Day {
    pub installation: Installation,
    pub prometheus: Arc<Prometheus>,
    pub pager: Pager,
    pub looks: Vec<Look>,
    pub orders: Vec<Order>,
    /// Those that never became a pizza.
    pub lost: Vec<Order>,
    pub calls: Vec<Call>,
    /// What the service had counted before the chaos, and in the end.
    pub counted: [Counts; 2],
    pub chaos: [Timestamp; 2],
    pub page: Message,
    pub acknowledged_at: Timestamp,
    /// From the end of the chaos to the incident's.
    pub closed_by: Timestamp,
    /// The metric on the dashboard: its lowest value before the chaos, within it, and its highest after it.
    pub success_rate: [f64; 3],
}

async fn replay() -> Story {
    let pager = Pager::start().await;
    let alertmanager = Alertmanager::start(&pager.url(ALERTMANAGERS), &pager.url(WATCHDOG)).await;
    let alertmanager = Arc::new(alertmanager);
    let installation = start(&contact_points(&pager, &alertmanager)).await;
    let service = installation.url("").replace("http://", "");
    let prometheus = Arc::new(Prometheus::start(&service, &alertmanager.address).await);
    let admin = Admin::log_in(&installation).await;
    let stop = CancellationToken::new();
    let metrics = installation.url("/metrics");
    let looking = tokio::spawn(observer::watch(
        metrics.clone(),
        admin.clone(),
        Arc::clone(&prometheus),
        Arc::clone(&alertmanager),
        stop.clone(),
    ));
    let diner = Arc::new(Diner::register(&installation).await);
    let traffic = Arc::clone(&diner).order_steadily(ORDER_EVERY);

    // 10:00
    sleep(minutes(10)).await;
    // 10:10
    let before = Counts::at(&metrics).await;
    let ends = tokio::time::Instant::now() + minutes(12);
    let began = outage::start_failing(&installation, minutes(12), 1.0).await;
    let page = pager
        .wait_for(ON_CALL, "the on-call engineer is paged", PATIENCE, |message| message.is("firing"))
        .await;
    press(link_in(&page, "Acknowledge")).await;
    let acknowledged_at = Timestamp::now();
    // 10:15: nobody orders for a while.
    sleep_until(ends - minutes(7)).await;
    traffic.pause();
    sleep_until(ends - minutes(3)).await;
    traffic.resume();
    // 10:22
    sleep_until(ends).await;
    let ended = Timestamp::now();
    let incident = within(PATIENCE, "the incident is closed", async || {
        let incidents = admin.get("/api/admin/incidents").await;
        let [incident] = incidents["incidents"].as_array()?.as_slice() else {
            panic!("one outage is one incident: {incidents}")
        };
        incident["closedAt"].is_string().then(|| incident.clone())
    })
    .await;
    let closed_by = Timestamp::now();
    // Whatever is on its way still arrives.
    let both = [None, Some("factory-success-rate")];
    for rule in both {
        let what = format!("Alertmanager says that it is over (rule {rule:?})");
        let over =
            |message: &Message| message.has("resolved", &[("alertname", Some(SUCCESS_RATE)), ("rule", rule)]);
        pager.wait_for(ALERTMANAGERS, &what, PATIENCE, over).await;
    }
    within(PATIENCE, "Alertmanager knows that it is over", async || {
        let firing = alertmanager.firing().await;
        firing.iter().all(|labels| labels["severity"] != "page").then_some(())
    })
    .await;
    let orders = traffic.end().await;
    let lost = never_made(&diner, &orders).await;
    stop.cancel();
    let looks = looking.await.unwrap();

    let service_s = Way::of_service(&admin).await;
    let prometheus_s = Way::of_prometheus(&prometheus).await;
    let id = incident["id"].as_i64().unwrap();
    let details = admin.get(&format!("/api/admin/incidents/{id}")).await;
    let report = admin.text(&format!("/api/admin/incidents/{id}/report")).await;
    let day = Day {
        calls: outage::calls(&installation),
        counted: [before, Counts::at(&metrics).await],
        success_rate: success_rate(&prometheus, began, ended).await,
        chaos: [began, ended],
        installation,
        prometheus,
        pager,
        looks,
        orders,
        lost,
        page,
        acknowledged_at,
        closed_by,
    };
    Story::new(day, [service_s, prometheus_s], details, Report::read(report))
}

/// Who is told by the service itself: a pager, and the Alertmanager that Prometheus tells too.
fn contact_points(pager: &Pager, alertmanager: &Alertmanager) -> String {
    let (on_call, alertmanager) = (pager.url(ON_CALL), &alertmanager.address);
    format!(
        r#"[{{name="on-call",type="webhook",url="{on_call}",least_severity="page"}},
            {{name="alertmanager",type="alertmanager",url="http://{alertmanager}"}}]"#
    )
}

/// An installation in which everything that takes minutes is as much faster as the rules are.
pub async fn start(contact_points: &str) -> Installation {
    let faster = |seconds: u64| text(Duration::from_secs(seconds) / SPEED);
    let speed = SPEED.to_string();
    let [one, five, half_a_minute, minute] = [1, 5, 30, 60].map(faster);
    let settings = [
        ("alerts.speed", speed.as_str()),
        ("alerts.contact_points", contact_points),
        ("circuit.open", &five),
        ("circuit.open_max", &minute),
        ("circuit.window", &half_a_minute),
        ("fulfilment.backoff", &one),
        ("fulfilment.backoff_max", &minute),
        ("fulfilment.poll", "100ms"),
    ];
    Installation::start(env!("CARGO_BIN_EXE_pizza"), &settings).await.unwrap()
}

/// The link of this name in a page's text.
pub fn link_in<'a>(page: &'a Message, name: &str) -> &'a str {
    let begins = format!("{name}: ");
    let mut lines = page.text().lines();
    lines
        .find_map(|line| line.strip_prefix(begins.as_str()))
        .unwrap_or_else(|| panic!("no {name} in {page:?}"))
}

async fn success_rate(prometheus: &Prometheus, began: Timestamp, ended: Timestamp) -> [f64; 3] {
    let metric = "pizza:factory_success:percent";
    let (before, after) = (before(began, minutes(2)), after(ended, minutes(2)));
    let healthy = prometheus.extremes(metric, before, began).await.unwrap();
    let failing = prometheus.extremes(metric, began, ended).await.unwrap();
    let healed = prometheus.extremes(metric, after, Timestamp::now()).await.unwrap();
    [healthy.0, failing.0, healed.1]
}

async fn never_made(diner: &Diner, orders: &[Order]) -> Vec<Order> {
    let mut waiting = orders.to_vec();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !waiting.is_empty() && tokio::time::Instant::now() < deadline {
        let mut still = Vec::new();
        for order in waiting {
            if !diner.has_pizza(&order).await {
                still.push(order);
            }
        }
        waiting = still;
    }
    waiting
}

//! Every PromQL expression of dashboard and rules, asked of a real Prometheus that watched the real program through
//! a shift with an outage in it.

use crate::{
    dashboard,
    files::{list, word, yaml},
    prometheus::Prometheus,
    promql::{for_a_short_run, metrics},
    shift,
};
use reqwest::StatusCode;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use test_kit::Installation;
use tokio::time::sleep;

/// Panels that show nothing in such a run, and why.
const WITHOUT_DATA: [(&str, &str); 1] = [("Notifications", "no contact point is configured")];
/// An order's minute must be over before it counts for the objective.
const PATIENCE: Duration = Duration::from_secs(100);

#[tokio::test(flavor = "multi_thread")]
async fn every_expression_is_accepted_and_has_data() {
    let installation = Installation::start(env!("CARGO_BIN_EXE_pizza"), &shift::SETTINGS).await.unwrap();
    let target = installation.url("").strip_prefix("http://").unwrap().to_owned();
    let prometheus = Prometheus::start(&target).await.unwrap();
    let statuses = shift::work(&installation).await;
    for status in [StatusCode::OK, StatusCode::ACCEPTED, StatusCode::SERVICE_UNAVAILABLE] {
        assert!(statuses.contains(&status), "no order was answered with {status}: {statuses:?}");
    }

    let wrong = wait_for_data(&prometheus).await;
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    for (panel, why) in WITHOUT_DATA {
        let queries = dashboard::expressions("prometheus");
        for (_, expression) in queries.iter().filter(|(title, _)| title == panel) {
            assert!(
                !prometheus.ever(&for_a_short_run(expression)).await.unwrap(),
                "{panel} has data, though {why}"
            );
        }
    }

    let exposed = reqwest::Client::builder().no_proxy().build().unwrap();
    let exposed = exposed.get(installation.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let missing = metrics_not_in(&exposed);
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(prometheus.log().unwrap(), "", "Prometheus has nothing to complain of");
}

/// What is refused, or has no data for so long, in words.
async fn wait_for_data(prometheus: &Prometheus) -> Vec<String> {
    let mut waiting = all_expressions();
    assert!(waiting.len() > 55, "{}", waiting.len());
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut left = Vec::new();
        for (whose, expression) in waiting {
            if let Err(error) = prometheus.now(&expression).await {
                return vec![format!("{whose}: {expression}\n  {error}")];
            }
            if !prometheus.ever(&expression).await.unwrap() {
                left.push((whose, expression));
            }
        }
        if left.is_empty() || Instant::now() > deadline {
            return left
                .into_iter()
                .map(|(whose, expression)| format!("no data: {whose}: {expression}"))
                .collect();
        }
        waiting = left;
        sleep(Duration::from_secs(1)).await;
    }
}

/// Whose, and which. Of an alert it is the value without its threshold: compared with it, it is there only while it is
/// bad.
fn all_expressions() -> Vec<(String, String)> {
    let without_data = |panel: &str| WITHOUT_DATA.iter().any(|(without, _)| *without == panel);
    let panels = dashboard::expressions("prometheus").into_iter().filter(|(panel, _)| !without_data(panel));
    let grafana = yaml("deploy/alerts/grafana/alerting.yml");
    let alerts = list(&grafana["groups"][0], "rules").iter();
    let alerts =
        alerts.map(|rule| (word(rule, "title").into(), word(&rule["data"][0]["model"], "expr").into()));
    let prometheus = yaml("deploy/alerts/prometheus/rules.yml");
    let recordings = list(&prometheus["groups"][1], "rules").iter();
    let recordings = recordings.flat_map(|rule| {
        let name = word(rule, "record");
        [(name.to_owned(), word(rule, "expr").to_owned()), (format!("{name}, recorded"), name.to_owned())]
    });
    let all = panels.chain(alerts).chain(recordings);
    all.map(|(whose, expression)| (whose, for_a_short_run(&expression))).collect()
}

#[tokio::test]
async fn the_rules_are_accepted_as_they_are_written() {
    let prometheus = Prometheus::start("127.0.0.1:9").await.unwrap();
    let rules = yaml("deploy/alerts/prometheus/rules.yml");
    for rule in list(&rules, "groups").iter().flat_map(|group| list(group, "rules")) {
        prometheus.now(word(rule, "expr")).await.unwrap();
    }
    // Nobody answers there, which is what an alert is for.
    let deadline = Instant::now() + PATIENCE;
    while prometheus.now(r#"ALERTS{alertname="Service down"}"#).await.unwrap().as_array().unwrap().is_empty()
    {
        assert!(Instant::now() < deadline, "nobody noticed that the service is down");
        sleep(Duration::from_millis(200)).await;
    }
}

/// Metrics that dashboard or rules ask for and that the service does not have. Those that say nothing in such a run
/// are not expected.
fn metrics_not_in(exposed: &str) -> BTreeSet<String> {
    let names: BTreeSet<&str> = exposed
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    let asked = all_expressions().into_iter().flat_map(|(_, expression)| metrics(&expression));
    asked.filter(|name| !names.contains(name.as_str()) && !name.starts_with("pizza:")).collect()
}

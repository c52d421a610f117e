//! The files in deploy/alerts are what the rules say. `WRITE_ALERTS=1 cargo test -p alerting` writes them anew.

use crate::{promtool, scenarios};
use alerting::{GrafanaOptions, Links, Pace, Rules, grafana_provisioning, prometheus_rules};
use std::path::{Path, PathBuf};

#[test]
fn the_rule_file_of_prometheus_is_up_to_date_and_promtool_accepts_it() {
    let rules = prometheus_rules(&Rules::all(Pace::REAL), &Links::default());
    let path = checked_in("prometheus/rules.yml", &rules);
    promtool::promtool(&["check", "rules"], &path).unwrap();
}

#[test]
fn the_unit_test_of_the_outage_is_up_to_date_and_promtool_passes_it() {
    let december = scenarios::second_of_december();
    let test = promtool::test_file("../rules.yml", &december, &december.evaluate(), false);
    let path = checked_in("prometheus/tests/outage.yml", &test);
    promtool::promtool(&["test", "rules"], &path).unwrap();
}

#[test]
fn the_provisioning_file_of_grafana_is_up_to_date() {
    checked_in("grafana/alerting.yml", &grafana_provisioning(&GrafanaOptions::default()));
}

#[test]
fn a_rehearsal_has_rules_that_promtool_accepts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.yml");
    let links = Links {
        runbook: "https://pizza.example/runbook".to_owned(),
        dashboard: Some("https://grafana.example/d/pizza?from=now-1h&to=now".to_owned()),
    };
    for factor in [7, 30, 1000] {
        let rules = prometheus_rules(&Rules::all(Pace::faster(factor)), &links);
        assert!(rules.contains("runbook_url: \"https://pizza.example/runbook#watchdog\""), "{rules}");
        assert!(rules.contains("dashboard_url: \"https://grafana.example/d/pizza?"), "{rules}");
        std::fs::write(&path, rules).unwrap();
        promtool::promtool(&["check", "rules"], &path).unwrap();
    }
}

/// Compares with the file, or writes it if asked to.
fn checked_in(name: &str, expected: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/alerts").join(name);
    if std::env::var_os("WRITE_ALERTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "deploy/alerts/{name} is out of date: WRITE_ALERTS=1 cargo test -p alerting");
    path
}

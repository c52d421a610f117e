//! The compose files, as far as they can be judged without a container engine.

use crate::files::{in_repository, list, text, word, yaml};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path, time::Duration};

const BASE: &str = "deploy/compose.yml";
const GRAFANA_ALERTING: &str = "deploy/compose.grafana-alerting.yml";
/// Images with nothing in them but the program, which cannot ask itself.
const WITHOUT_HEALTH_CHECK: [&str; 2] = ["otel-collector", "tempo"];

fn services(file: &str) -> Vec<(String, Value)> {
    let compose = yaml(file);
    compose["services"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, service)| (name.clone(), service.clone()))
        .collect()
}

/// Source and target of every mount.
fn mounts(file: &str) -> Vec<(String, String)> {
    let mut mounts = Vec::new();
    for (_, service) in services(file).iter().filter(|(_, service)| service.get("volumes").is_some()) {
        for mount in list(service, "volumes") {
            let mut parts = mount.as_str().unwrap().split(':');
            mounts.push((parts.next().unwrap().to_owned(), parts.next().unwrap().to_owned()));
        }
    }
    mounts
}

#[test]
fn everything_that_watches_over_the_service_is_started_with_it() {
    let names: BTreeSet<String> = services(BASE).into_iter().map(|(name, _)| name).collect();
    let expected =
        ["alertmanager", "factory", "grafana", "loki", "otel-collector", "pizza", "prometheus", "tempo"];
    assert_eq!(names, expected.map(str::to_owned).into());
}

#[test]
fn every_file_and_volume_that_is_mounted_exists() {
    let compose = yaml(BASE);
    for (source, target) in mounts(BASE).into_iter().chain(mounts(GRAFANA_ALERTING)) {
        match source.strip_prefix("./") {
            Some(path) => assert!(in_repository("deploy").join(path).exists(), "{source} for {target}"),
            None => assert!(compose["volumes"].as_object().unwrap().contains_key(&source), "{source}"),
        }
    }
}

#[test]
fn the_rule_file_is_found_from_where_prometheus_is_configured() {
    let targets: Vec<String> = mounts(BASE).into_iter().map(|(_, target)| target).collect();
    let config = targets.iter().find(|target| target.ends_with("/prometheus.yml")).unwrap();
    for rules in list(&yaml("deploy/prometheus/prometheus.yml"), "rule_files") {
        let above = Path::new(config).parent().unwrap().parent().unwrap();
        let path = above.join(rules.as_str().unwrap().strip_prefix("../").unwrap());
        assert!(targets.iter().any(|target| Path::new(target) == path), "{path:?}");
    }
    let command = list(&yaml(BASE)["services"]["prometheus"], "command").to_vec();
    assert!(command.contains(&format!("--config.file={config}").into()));
}

#[test]
fn prometheus_looks_for_metrics_where_the_service_shows_them() {
    let config = yaml("deploy/prometheus/prometheus.yml");
    let target = &config["scrape_configs"][0]["static_configs"][0]["targets"];
    let [target] = target.as_array().unwrap().as_slice() else { panic!("one target") };
    let (service, port) = target.as_str().unwrap().split_once(':').unwrap();
    let listens = yaml(BASE)["services"][service]["environment"]["PIZZA_METRICS__LISTEN"].clone();
    assert_eq!(listens, format!("0.0.0.0:{port}"));
    assert!(text("docs/runbook.md").contains(&format!("M=http://localhost:{port}/metrics")));
    assert!(text("deploy/systemd/pizza.toml").contains(&format!("listen = \"127.0.0.1:{port}\"")));
}

#[test]
fn images_are_pinned_or_built_here() {
    for (name, service) in services(BASE) {
        let image = word(&service, "image");
        if service["build"].is_object() {
            let (context, file) = (word(&service["build"], "context"), word(&service["build"], "dockerfile"));
            assert!(in_repository("deploy").join(context).join(file).is_file(), "{name}");
            continue;
        }
        let (repository, tag) = image.rsplit_once(':').expect(image);
        assert!(repository.contains('/') && tag.trim_start_matches('v').split('.').count() == 3, "{image}");
        assert!(tag.chars().all(|c| c.is_ascii_digit() || c == '.' || c == 'v'), "{image}");
    }
}

#[test]
fn whoever_is_waited_for_has_a_health_check_and_so_has_nearly_everybody() {
    let all = services(BASE);
    for (name, service) in &all {
        let without = WITHOUT_HEALTH_CHECK.contains(&name.as_str());
        assert_eq!(service.get("healthcheck").is_none(), without, "{name}");
        let waits_for: Vec<(&str, bool)> = match &service["depends_on"] {
            Value::Array(names) => names.iter().map(|name| (name.as_str().unwrap(), false)).collect(),
            Value::Object(names) => names
                .iter()
                .map(|(name, how)| (name.as_str(), how["condition"] == "service_healthy"))
                .collect(),
            _ => Vec::new(),
        };
        for (other, until_healthy) in waits_for {
            let (_, other) = all.iter().find(|(name, _)| name == other).expect(other);
            assert!(!until_healthy || other.get("healthcheck").is_some(), "{name}");
        }
    }
}

#[test]
fn no_secret_is_in_the_files_and_each_is_asked_for_in_the_example() {
    let example = text("deploy/env.example");
    let asked: BTreeSet<&str> = example.lines().filter_map(|line| line.strip_suffix('=')).collect();
    assert!(
        example.lines().all(|line| line.is_empty() || line.starts_with('#') || line.ends_with('=')),
        "no values"
    );
    let mut used = BTreeSet::new();
    for (name, service) in services(BASE).into_iter().chain(services(GRAFANA_ALERTING)) {
        let Some(environment) = service["environment"].as_object() else { continue };
        for (key, value) in environment {
            let value = value.as_str().unwrap();
            let secret =
                ["KEY", "SECRET", "PASSWORD", "VENDORS", "WEBHOOK"].iter().any(|word| key.contains(word));
            assert!(!secret || value.contains(":?see env.example}"), "{name}: {key}");
            if let Some((_, rest)) = value.split_once("${") {
                used.insert(rest.split_once(":?").expect("it is demanded").0.to_owned());
            }
        }
    }
    assert_eq!(used, asked.into_iter().map(str::to_owned).collect());
    let ignored = text("deploy/.gitignore");
    assert!(ignored.lines().any(|line| line == "/.env") && ignored.lines().any(|line| line == "/secrets/"));
}

#[test]
fn only_the_machine_itself_reaches_the_ports() {
    for (name, service) in services(BASE) {
        for port in service["ports"].as_array().into_iter().flatten() {
            assert!(port.as_str().unwrap().starts_with("127.0.0.1:"), "{name}: {port}");
        }
    }
}

#[test]
fn nobody_has_more_rights_than_needed_and_everybody_is_started_again() {
    for (name, service) in services(BASE) {
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
        assert_eq!(service["security_opt"], serde_json::json!(["no-new-privileges:true"]), "{name}");
        assert_eq!(service["restart"], "unless-stopped", "{name}");
    }
}

#[test]
fn a_stop_is_given_longer_than_what_is_in_flight() {
    let grace = service::config::Http::default().shutdown_grace;
    let seconds = |text: &str| Duration::from_secs(text.strip_suffix('s').unwrap().parse().unwrap());
    assert!(seconds(word(&yaml(BASE)["services"]["pizza"], "stop_grace_period")) > 2 * grace);
    let unit = text("deploy/systemd/jwt-pizza.service");
    let stop = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap();
    assert!(seconds(stop) > 2 * grace);
}

#[test]
fn one_engine_pages() {
    let mounted =
        |file| mounts(file).into_iter().filter(|(source, _)| source.contains("alerts/grafana")).count();
    assert_eq!((mounted(BASE), mounted(GRAFANA_ALERTING)), (0, 1));
    let (_, alertmanager) =
        services(GRAFANA_ALERTING).into_iter().find(|(name, _)| name == "alertmanager").unwrap();
    assert_eq!(
        list(&alertmanager, "profiles").len(),
        1,
        "Alertmanager is not started beside Grafana's alerting"
    );
    // What Grafana's file asks of the environment is given.
    let rules = text("deploy/alerts/grafana/alerting.yml");
    let (_, grafana) = services(GRAFANA_ALERTING).into_iter().find(|(name, _)| name == "grafana").unwrap();
    for name in grafana["environment"].as_object().unwrap().keys() {
        assert!(rules.contains(&format!("\"${name}\"")), "{name}");
    }
    assert_eq!(rules.matches("\"$PIZZA_").count(), grafana["environment"].as_object().unwrap().len());
}

//! Prometheus' and Alertmanager's files, judged by their own tools.

use crate::files::{in_repository, list, word, yaml};
use serde_json::Value;
use std::process::Command;

const ALERTMANAGER: &str = "deploy/alertmanager/alertmanager.yml";

/// What a tool of Debian's packages says of a file that is right.
#[track_caller]
fn says(tool: &str, package: &str, arguments: &[&str]) -> String {
    let output = Command::new(tool).args(arguments).output().unwrap_or_else(|error| {
        panic!("{tool}: {error}; it is in the Debian package `{package}`, see scripts/install-test-packages")
    });
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{tool} {arguments:?}\n{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

#[test]
fn promtool_finds_nothing_wrong_with_the_configuration_and_its_rules() {
    let path = |file| in_repository(file).display().to_string();
    let said =
        says("promtool", "prometheus", &["check", "config", &path("deploy/prometheus/prometheus.yml")]);
    assert!(said.contains("15 rules found"), "{said}");
    says("promtool", "prometheus", &["check", "rules", &path("deploy/alerts/prometheus/rules.yml")]);
}

#[test]
fn the_service_is_scraped_and_evaluated_as_often_as_the_alerts_assume() {
    let config = yaml("deploy/prometheus/prometheus.yml");
    assert_eq!(word(&config["global"], "scrape_interval"), "15s");
    assert_eq!(word(&config["global"], "evaluation_interval"), "30s");
    let jobs: Vec<&str> = list(&config, "scrape_configs").iter().map(|job| word(job, "job_name")).collect();
    assert_eq!(jobs, ["jwt-pizza"], "the rules add up what they find, so nothing else may be scraped");
    let rules = yaml("deploy/alerts/prometheus/rules.yml");
    let down =
        list(&rules["groups"][0], "rules").iter().find(|rule| rule["alert"] == "Service down").unwrap();
    assert!(word(down, "expr").contains(r#"up{job="jwt-pizza"}"#));
}

#[test]
fn amtool_finds_nothing_wrong_with_the_alertmanagers_configuration() {
    let path = in_repository(ALERTMANAGER).display().to_string();
    says("amtool", "prometheus-alertmanager", &["check-config", &path]);
}

#[test]
fn every_severity_of_the_rules_reaches_whom_it_is_meant_for() {
    let path = in_repository(ALERTMANAGER).display().to_string();
    let rules = yaml("deploy/alerts/prometheus/rules.yml");
    for rule in list(&rules["groups"][0], "rules") {
        let severity = word(&rule["labels"], "severity");
        let labels = format!("severity={severity}");
        let arguments = ["config", "routes", "test", "--config.file", &path, &labels];
        let receiver = says("amtool", "prometheus-alertmanager", &arguments);
        let expected = if severity == "none" { "watchdog" } else { severity };
        assert_eq!(receiver.trim(), expected, "{}", rule["alert"]);
    }
}

#[test]
fn nothing_waits_to_be_grouped_and_only_tickets_are_muted() {
    let root = &yaml(ALERTMANAGER)["route"];
    assert_eq!(word(root, "group_wait"), "0s");
    for route in list(root, "routes") {
        assert!(route.get("group_wait").is_none(), "{route}");
        let is_ticket = word(route, "receiver") == "ticket";
        assert_eq!(route.get("mute_time_intervals").is_some(), is_ticket, "{route}");
    }
}

#[test]
fn what_is_inhibited_and_by_what_are_rules_that_exist() {
    let (config, rules) = (yaml(ALERTMANAGER), yaml("deploy/alerts/prometheus/rules.yml"));
    let names: Vec<&str> =
        list(&rules["groups"][0], "rules").iter().map(|rule| word(rule, "alert")).collect();
    let name = |matchers: &Value| {
        let [matcher] = matchers.as_array().unwrap().as_slice() else { panic!("one matcher: {matchers}") };
        let quoted = matcher.as_str().unwrap().strip_prefix("alertname=\"").unwrap();
        quoted.strip_suffix('"').unwrap().to_owned()
    };
    let mut pairs = Vec::new();
    for rule in list(&config, "inhibit_rules") {
        let (source, target) = (name(&rule["source_matchers"]), name(&rule["target_matchers"]));
        assert!(names.contains(&source.as_str()) && names.contains(&target.as_str()), "{source} {target}");
        pairs.push((source, target));
    }
    assert!(pairs.contains(&("Pizza Factory Success Rate %".into(), "Circuit open".into())), "{pairs:?}");
}

#[test]
fn secrets_come_from_files_that_the_compose_file_mounts() {
    let text = crate::files::text(ALERTMANAGER);
    let compose = yaml("deploy/compose.yml");
    let mounted = list(&compose["services"]["alertmanager"], "secrets");
    let mut files = 0;
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        for secret in ["password:", "credentials:", "api_url:", "token:", "secret:", "_key:"] {
            assert!(!line.contains(secret), "{line}");
        }
        if let Some((_, path)) = line.split_once("_file: ") {
            let name = path.strip_prefix("/run/secrets/").expect(line);
            assert!(mounted.iter().any(|secret| secret == name), "{name}");
            assert!(compose["secrets"][name]["file"].is_string(), "{name}");
            files += 1;
        }
    }
    assert_eq!(files, mounted.len());
}

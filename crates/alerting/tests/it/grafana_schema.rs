//! Grafana's provisioning file against Grafana's documented schema, which these types restate: there is no Grafana to
//! ask on the machines that run the tests.

use alerting::{GrafanaOptions, Pace, Rules, Severity, grafana_provisioning};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct File {
    api_version: u32,
    groups: Vec<Group>,
    contact_points: Vec<ContactPoint>,
    policies: Vec<Policy>,
    mute_times: Vec<MuteTime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Group {
    org_id: u32,
    name: String,
    folder: String,
    interval: String,
    rules: Vec<AlertRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AlertRule {
    uid: String,
    title: String,
    condition: String,
    data: Vec<Query>,
    no_data_state: String,
    exec_err_state: String,
    r#for: String,
    keep_firing_for: String,
    #[serde(rename = "missing_series_evals_to_resolve")]
    missing_series_evals_to_resolve: u32,
    annotations: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    is_paused: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Query {
    ref_id: String,
    relative_time_range: TimeRange,
    datasource_uid: String,
    model: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimeRange {
    from: u32,
    to: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ContactPoint {
    org_id: u32,
    name: String,
    receivers: Vec<Receiver>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Receiver {
    uid: String,
    r#type: String,
    settings: Webhook,
    disable_resolve_message: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Webhook {
    url: String,
    http_method: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    #[serde(rename = "orgId")]
    org_id: u32,
    receiver: String,
    group_by: Vec<String>,
    group_wait: String,
    group_interval: String,
    repeat_interval: String,
    routes: Vec<Route>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Route {
    receiver: String,
    object_matchers: Vec<[String; 3]>,
    group_wait: String,
    group_interval: String,
    repeat_interval: String,
    #[serde(default)]
    mute_time_intervals: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MuteTime {
    #[serde(rename = "orgId")]
    org_id: u32,
    name: String,
    time_intervals: Vec<TimeInterval>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimeInterval {
    #[serde(default)]
    times: Vec<Span>,
    weekdays: Vec<String>,
    location: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    start_time: String,
    end_time: String,
}

fn file() -> File {
    serde_saphyr::from_str(&grafana_provisioning(&GrafanaOptions::default())).unwrap()
}

#[test]
fn there_is_one_group_of_all_rules_evaluated_every_30_seconds() {
    let file = file();
    assert_eq!(file.api_version, 1);
    let [group] = file.groups.as_slice() else { panic!("one group") };
    assert_eq!((group.org_id, group.name.as_str(), group.folder.as_str()), (1, "jwt-pizza", "JWT Pizza"));
    assert_eq!(group.interval, "30s");
    let titles: Vec<&str> = group.rules.iter().map(|rule| rule.title.as_str()).collect();
    let names: Vec<&str> = Rules::all(Pace::REAL).iter().map(|rule| rule.name).collect();
    assert_eq!(titles, names);
}

#[test]
fn a_rule_is_a_query_reduced_and_compared() {
    let rules = Rules::all(Pace::REAL);
    for (rule, written) in rules.iter().zip(&file().groups[0].rules) {
        let [query, reduce, threshold] = written.data.as_slice() else { panic!("three queries") };
        assert_eq!(
            (query.ref_id.as_str(), reduce.ref_id.as_str(), threshold.ref_id.as_str()),
            ("A", "B", "C")
        );
        assert_eq!(written.condition, "C");

        assert_eq!(query.datasource_uid, "prometheus");
        assert_eq!(query.model["datasource"], serde_json::json!({"type": "prometheus", "uid": "prometheus"}));
        assert_eq!(query.model["expr"], rule.value.to_string(), "the value, without its threshold");
        assert_eq!((&query.model["instant"], &query.model["range"]), (&true.into(), &false.into()));

        assert_eq!(reduce.model["type"], "reduce");
        assert_eq!(reduce.model["expression"], "A");
        assert_eq!(reduce.model["reducer"], "last");
        assert_eq!(reduce.model["settings"], serde_json::json!({"mode": "dropNN"}));

        assert_eq!(threshold.model["type"], "threshold");
        assert_eq!(threshold.model["expression"], "B");
        let evaluator = &threshold.model["conditions"][0]["evaluator"];
        let kind = evaluator["type"].as_str().unwrap();
        let with = evaluator["params"][0].as_f64().unwrap();
        let crossed = |value: f64| if kind == "gt" { value > with } else { kind == "lt" && value < with };
        for value in [with - 1.0, with, with + 1.0] {
            assert_eq!(crossed(value), rule.threshold.is_crossed_by(value), "{} at {value}", rule.name);
        }
        for query in &written.data {
            assert_eq!(query.model["refId"], query.ref_id.as_str());
            assert!(query.relative_time_range.from > query.relative_time_range.to);
        }
        for expression in [reduce, threshold] {
            assert_eq!(expression.datasource_uid, "__expr__");
            assert_eq!(expression.model["datasource"]["uid"], "__expr__");
        }
    }
}

#[test]
fn a_rule_has_the_words_and_periods_that_grafana_knows() {
    let rules = Rules::all(Pace::REAL);
    let mut uids = HashSet::new();
    for (rule, written) in rules.iter().zip(&file().groups[0].rules) {
        assert!(uids.insert(written.uid.clone()), "{}", written.uid);
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(written.uid.len() <= 40 && written.uid.chars().all(fits), "{}", written.uid);
        assert_eq!((written.no_data_state.as_str(), written.exec_err_state.as_str()), ("OK", "Error"));
        assert_eq!(seconds(&written.r#for), rule.pending.as_secs());
        assert_eq!(seconds(&written.keep_firing_for), rule.keep_firing.as_secs());
        assert_eq!(written.missing_series_evals_to_resolve, 1);
        assert_eq!(written.labels, BTreeMap::from([("severity".into(), rule.severity.as_str().into())]));
        assert_eq!(written.annotations["summary"], rule.summary);
        assert_eq!(written.annotations["runbook_url"], format!("docs/runbook.md#{}", rule.id));
        assert!(!written.is_paused);
    }
}

#[test]
fn a_dollar_is_only_where_grafana_leaves_it_or_is_to_replace_it() {
    let file = file();
    for rule in &file.groups[0].rules {
        assert!(!rule.title.contains('$') && !rule.labels.values().any(|label| label.contains('$')));
        for text in rule.annotations.values() {
            // In annotations only ${WORD} is replaced.
            assert!(!text.contains("${"), "{text}");
        }
    }
    for point in &file.contact_points {
        assert!(point.receivers[0].settings.url.starts_with("$PIZZA_"), "from Grafana's environment");
    }
}

#[test]
fn every_severity_has_a_route_to_a_contact_point_that_is_there() {
    let file = file();
    let [root] = file.policies.as_slice() else { panic!("one tree of policies") };
    let names: Vec<&str> = file.contact_points.iter().map(|point| point.name.as_str()).collect();
    let mut severities = Vec::new();
    for route in &root.routes {
        assert!(names.contains(&route.receiver.as_str()), "{}", route.receiver);
        let [[label, operator, value]] = route.object_matchers.as_slice() else { panic!("one matcher") };
        assert_eq!((label.as_str(), operator.as_str()), ("severity", "="));
        severities.push(value.as_str());
    }
    assert_eq!(severities, [Severity::Page, Severity::Ticket, Severity::None].map(Severity::as_str));
    assert!(names.contains(&root.receiver.as_str()));
    assert_eq!(
        (root.org_id, root.group_by.as_slice()),
        (1, ["grafana_folder".into(), "alertname".into()].as_slice())
    );
}

#[test]
fn nothing_waits_to_be_grouped_and_intervals_are_not_zero() {
    let file = file();
    let root = &file.policies[0];
    let delivered =
        root.routes.iter().map(|route| [&route.group_wait, &route.group_interval, &route.repeat_interval]);
    for [wait, group, repeat] in
        delivered.chain([[&root.group_wait, &root.group_interval, &root.repeat_interval]])
    {
        assert_eq!(wait, "0s");
        assert!(seconds(group) > 0 && seconds(repeat) >= seconds(group), "{group} {repeat}");
    }
}

#[test]
fn only_tickets_are_muted_and_only_by_a_timing_that_is_there() {
    let file = file();
    let [timing] = file.mute_times.as_slice() else { panic!("one mute timing") };
    for route in &file.policies[0].routes {
        let muted: &[String] =
            if route.object_matchers[0][2] == "ticket" { std::slice::from_ref(&timing.name) } else { &[] };
        assert_eq!(route.mute_time_intervals, muted, "{}", route.receiver);
    }
    assert_eq!(timing.org_id, 1);
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    for interval in &timing.time_intervals {
        assert_eq!(interval.location, "UTC");
        assert!(interval.weekdays.iter().flat_map(|span| span.split(':')).all(|day| days.contains(&day)));
        for span in &interval.times {
            assert!(
                span.start_time < span.end_time && span.end_time.as_str() <= "24:00",
                "a span ends on its day"
            );
        }
    }
}

#[test]
fn contact_points_are_webhooks_and_the_watchdogs_never_says_that_it_is_over() {
    for point in file().contact_points {
        let [receiver] = point.receivers.as_slice() else { panic!("one receiver") };
        assert_eq!((point.org_id, receiver.r#type.as_str(), &receiver.uid), (1, "webhook", &point.name));
        assert_eq!(receiver.settings.http_method, "POST");
        assert_eq!(receiver.disable_resolve_message, point.name == "jwt-pizza-watchdog");
    }
}

#[test]
fn what_differs_from_place_to_place_can_be_given() {
    let options = GrafanaOptions {
        datasource_uid: "P1".into(),
        page_webhook: "https://oncall.example/a?b=c".into(),
        time_zone: "America/Denver".into(),
        ..GrafanaOptions::default()
    };
    let file: File = serde_saphyr::from_str(&grafana_provisioning(&options)).unwrap();
    assert_eq!(file.groups[0].rules[0].data[0].datasource_uid, "P1");
    assert_eq!(file.groups[0].rules[0].data[0].model["datasource"]["uid"], "P1");
    assert_eq!(file.contact_points[0].receivers[0].settings.url, "https://oncall.example/a?b=c");
    assert_eq!(file.mute_times[0].time_intervals[0].location, "America/Denver");
}

/// Seconds of `1d`, `4h`, `5m` or `30s`.
fn seconds(text: &str) -> u64 {
    let (number, unit) = text.split_at(text.len() - 1);
    let unit = match unit {
        "d" => 86_400,
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        other => panic!("a unit: {other}"),
    };
    number.parse::<u64>().unwrap() * unit
}

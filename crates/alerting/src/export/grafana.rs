//! Grafana's file provisioning of alerting, version 1 of its format.
//!
//! Source: "Use configuration files to provision alerting resources" in Grafana's documentation. What it does not say
//! at that place, and this file relies on:
//!
//! * the comparison is an expression of its own, so that a value that is fine is not "no data";
//! * the model of a query is taken as it is, other values have `$VARIABLES` replaced;
//! * the root policy cannot be muted, so tickets have a route of their own.

use super::Links;
use super::yaml::{Yaml, literal, row, text};
use crate::{Pace, Rule, Rules, Severity, Threshold, Unit, pace::duration_text};

const COMMENT: &str = "Alerting of the pizza service, for Grafana's provisioning/alerting folder.
Generated: pizza alerts export --format grafana
The webhooks are environment variables of Grafana, which does not start without them.
The policies replace the whole tree of policies of the organisation.";

const MUTE_TIMING: &str = "nights-and-weekends";
const PAGE: &str = "jwt-pizza-page";
const TICKET: &str = "jwt-pizza-ticket";
const WATCHDOG: &str = "jwt-pizza-watchdog";

/// What of Grafana is not the same everywhere. Texts may contain `$VARIABLES` of Grafana's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrafanaOptions {
    /// The uid of the Prometheus data source. No variables here: a query's model is taken as it is.
    pub datasource_uid: String,
    /// The folder that the rules are in.
    pub folder: String,
    /// The webhook for what wakes somebody.
    pub page_webhook: String,
    /// The webhook for what can wait for the morning.
    pub ticket_webhook: String,
    /// The webhook that raises an alarm when it hears nothing.
    pub watchdog_webhook: String,
    /// The time zone of nights and weekends (IANA).
    pub time_zone: String,
    /// Where links lead.
    pub links: Links,
}

impl Default for GrafanaOptions {
    fn default() -> Self {
        Self {
            datasource_uid: "prometheus".to_owned(),
            folder: "JWT Pizza".to_owned(),
            page_webhook: "$PIZZA_PAGE_WEBHOOK".to_owned(),
            ticket_webhook: "$PIZZA_TICKET_WEBHOOK".to_owned(),
            watchdog_webhook: "$PIZZA_WATCHDOG_WEBHOOK".to_owned(),
            time_zone: "UTC".to_owned(),
            links: Links::default(),
        }
    }
}

/// All rules at their real pace, with contact points, policies and mute timings, as one provisioning file.
pub fn grafana_provisioning(options: &GrafanaOptions) -> String {
    let rules = Rules::all(Pace::REAL);
    let group = Yaml::Map(vec![
        ("orgId", literal(1)),
        ("name", text("jwt-pizza")),
        ("folder", text(&options.folder)),
        ("interval", literal(duration_text(rules.interval()))),
        ("rules", Yaml::List(rules.iter().map(|rule| alert_rule(rule, options)).collect())),
    ]);
    let contact_points = vec![
        contact_point(PAGE, &options.page_webhook, true),
        contact_point(TICKET, &options.ticket_webhook, true),
        contact_point(WATCHDOG, &options.watchdog_webhook, false),
    ];
    let file = Yaml::Map(vec![
        ("apiVersion", literal(1)),
        ("groups", Yaml::List(vec![group])),
        ("contactPoints", Yaml::List(contact_points)),
        ("policies", Yaml::List(vec![policy()])),
        ("muteTimes", Yaml::List(vec![mute_timing(options)])),
    ]);
    file.document(COMMENT)
}

fn alert_rule(rule: &Rule, options: &GrafanaOptions) -> Yaml {
    Yaml::Map(vec![
        ("uid", text(rule.id)),
        ("title", text(rule.name)),
        ("condition", text("C")),
        ("data", Yaml::List(vec![query(rule, options), reduce(), threshold(rule)])),
        // No demand, no queue: nothing to be told of. Broken queries are another matter.
        ("noDataState", text("OK")),
        ("execErrState", text("Error")),
        ("for", literal(duration_text(rule.pending))),
        ("keepFiringFor", literal(duration_text(rule.keep_firing))),
        // An instance whose series is gone is over at once, as in the other engines.
        ("missing_series_evals_to_resolve", literal(1)),
        ("annotations", annotations(rule, &options.links)),
        ("labels", Yaml::Map(vec![("severity", text(rule.severity.as_str()))])),
        ("isPaused", literal(false)),
    ])
}

/// A: the value, at the time of the evaluation.
fn query(rule: &Rule, options: &GrafanaOptions) -> Yaml {
    let model = Yaml::Map(vec![
        ("refId", text("A")),
        ("datasource", datasource("prometheus", &options.datasource_uid)),
        ("editorMode", text("code")),
        ("expr", text(rule.value.to_string())),
        ("instant", literal(true)),
        ("range", literal(false)),
        ("intervalMs", literal(1000)),
        ("maxDataPoints", literal(43200)),
    ]);
    data("A", &options.datasource_uid, model)
}

/// B: its last number, if it is one.
fn reduce() -> Yaml {
    let model = Yaml::Map(vec![
        ("refId", text("B")),
        ("datasource", datasource("__expr__", "__expr__")),
        ("type", text("reduce")),
        ("expression", text("A")),
        ("reducer", text("last")),
        ("settings", Yaml::Map(vec![("mode", text("dropNN"))])),
    ]);
    data("B", "__expr__", model)
}

/// C: whether it is bad.
fn threshold(rule: &Rule) -> Yaml {
    let (kind, value) = match rule.threshold {
        Threshold::Above(value) => ("gt", value),
        Threshold::Below(value) => ("lt", value),
    };
    let evaluator = Yaml::Map(vec![("type", text(kind)), ("params", Yaml::List(vec![literal(value)]))]);
    let model = Yaml::Map(vec![
        ("refId", text("C")),
        ("datasource", datasource("__expr__", "__expr__")),
        ("type", text("threshold")),
        ("expression", text("B")),
        ("conditions", Yaml::List(vec![Yaml::Map(vec![("evaluator", evaluator)])])),
    ]);
    data("C", "__expr__", model)
}

fn data(ref_id: &str, datasource_uid: &str, model: Yaml) -> Yaml {
    Yaml::Map(vec![
        ("refId", text(ref_id)),
        ("relativeTimeRange", Yaml::Map(vec![("from", literal(600)), ("to", literal(0))])),
        ("datasourceUid", text(datasource_uid)),
        ("model", model),
    ])
}

fn datasource(kind: &str, uid: &str) -> Yaml {
    Yaml::Map(vec![("type", text(kind)), ("uid", text(uid))])
}

fn annotations(rule: &Rule, links: &Links) -> Yaml {
    let mut entries = vec![("summary", text(rule.summary))];
    if rule.unit != Unit::Flag {
        entries.push(("value", text(format!("{{{{ humanize $values.B.Value }}}}{}", rule.unit.suffix()))));
    }
    entries.push(("runbook_url", text(links.runbook_of(rule))));
    entries.extend(links.dashboard.iter().map(|dashboard| ("dashboard_url", text(dashboard))));
    Yaml::Map(entries)
}

fn contact_point(name: &'static str, webhook: &str, says_when_over: bool) -> Yaml {
    let settings = Yaml::Map(vec![("url", text(webhook)), ("httpMethod", text("POST"))]);
    let receiver = Yaml::Map(vec![
        ("uid", text(name)),
        ("type", text("webhook")),
        ("settings", settings),
        ("disableResolveMessage", literal(!says_when_over)),
    ]);
    Yaml::Map(vec![("orgId", literal(1)), ("name", text(name)), ("receivers", Yaml::List(vec![receiver]))])
}

/// Nothing waits to be grouped: the first alert goes out at once, what joins it half a minute later.
fn policy() -> Yaml {
    let mut entries = vec![("orgId", literal(1))];
    entries.extend(delivery(TICKET, "30s", "4h"));
    entries.push(("group_by", row(&["grafana_folder", "alertname"])));
    let mut ticket = route(Severity::Ticket, TICKET, "30s", "1d");
    ticket.push(("mute_time_intervals", row(&[MUTE_TIMING])));
    entries.push((
        "routes",
        Yaml::List(vec![
            Yaml::Map(route(Severity::Page, PAGE, "30s", "1h")),
            Yaml::Map(ticket),
            Yaml::Map(route(Severity::None, WATCHDOG, "1m", "5m")),
        ]),
    ));
    Yaml::Map(entries)
}

type Entries = Vec<(&'static str, Yaml)>;

fn route(severity: Severity, receiver: &str, group_interval: &str, repeat_interval: &str) -> Entries {
    let mut entries = delivery(receiver, group_interval, repeat_interval);
    entries.push(("object_matchers", Yaml::List(vec![row(&["severity", "=", severity.as_str()])])));
    entries
}

fn delivery(receiver: &str, group_interval: &str, repeat_interval: &str) -> Entries {
    vec![
        ("receiver", text(receiver)),
        ("group_wait", literal("0s")),
        ("group_interval", literal(group_interval)),
        ("repeat_interval", literal(repeat_interval)),
    ]
}

fn mute_timing(options: &GrafanaOptions) -> Yaml {
    let span = |start, end| Yaml::Map(vec![("start_time", text(start)), ("end_time", text(end))]);
    let nights = Yaml::Map(vec![
        ("times", Yaml::List(vec![span("00:00", "08:00"), span("18:00", "24:00")])),
        ("weekdays", row(&["monday:friday"])),
        ("location", text(&options.time_zone)),
    ]);
    let weekends =
        Yaml::Map(vec![("weekdays", row(&["saturday", "sunday"])), ("location", text(&options.time_zone))]);
    Yaml::Map(vec![
        ("orgId", literal(1)),
        ("name", text(MUTE_TIMING)),
        ("time_intervals", Yaml::List(vec![nights, weekends])),
    ])
}

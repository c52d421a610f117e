//! The body of Grafana Alerting's webhook notifier
//! (<https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/>).

use std::collections::BTreeMap;

use serde::Serialize;
use url::Url;

use super::MAX_ALERTS;
use crate::{Alert, Notification, Status, text};

/// What Grafana writes for "not over yet": the zero of Go's time.
const NOT_OVER: &str = "0001-01-01T00:00:00Z";

/// Grafana numbers the queries of a rule with letters; ours have one.
const QUERY: &str = "A";

type Map = BTreeMap<String, String>;

/// The whole body. The order of members is that of Grafana's documentation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Webhook<'a> {
    receiver: &'a str,
    status: &'static str,
    org_id: u64,
    alerts: Vec<WebhookAlert<'a>>,
    group_labels: BTreeMap<&'static str, &'a str>,
    common_labels: Map,
    common_annotations: Map,
    #[serde(rename = "externalURL")]
    external_url: &'a str,
    version: &'static str,
    group_key: &'a str,
    truncated_alerts: usize,
    title: String,
    state: &'static str,
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WebhookAlert<'a> {
    status: &'static str,
    labels: &'a Map,
    annotations: Map,
    starts_at: String,
    ends_at: String,
    values: BTreeMap<&'static str, f64>,
    value_string: String,
    #[serde(rename = "generatorURL")]
    generator_url: &'a str,
    fingerprint: &'a str,
    #[serde(rename = "silenceURL")]
    silence_url: &'static str,
    #[serde(rename = "dashboardURL")]
    dashboard_url: &'a str,
    #[serde(rename = "panelURL")]
    panel_url: &'static str,
}

/// The body for one receiver.
pub(crate) fn webhook<'a>(receiver: &'a str, notification: &'a Notification) -> Webhook<'a> {
    let alerts: Vec<_> =
        notification.alerts.iter().take(MAX_ALERTS).map(|alert| one(alert, notification)).collect();
    Webhook {
        receiver,
        status: status(notification.status),
        org_id: 1,
        group_labels: BTreeMap::from([("group", notification.group.as_str())]),
        common_labels: common(alerts.iter().map(|alert| alert.labels)),
        common_annotations: common(alerts.iter().map(|alert| &alert.annotations)),
        external_url: address(&notification.links.service),
        version: "1",
        group_key: &notification.group,
        truncated_alerts: notification.alerts.len() - alerts.len(),
        title: text::title(notification),
        state: if notification.status == Status::Resolved { "ok" } else { "alerting" },
        message: text::message_and_links(notification),
        alerts,
    }
}

fn one<'a>(alert: &'a Alert, notification: &'a Notification) -> WebhookAlert<'a> {
    let mut annotations = alert.annotations.clone();
    for (name, url) in notification.links.annotations() {
        annotations.entry(name.to_owned()).or_insert(url);
    }
    // JSON has no word for what is not a number.
    let value = alert.value.filter(|value| value.is_finite());
    WebhookAlert {
        status: status(alert.status),
        labels: &alert.labels,
        annotations,
        starts_at: alert.starts_at.to_string(),
        ends_at: alert.ends_at.map_or_else(|| NOT_OVER.to_owned(), |at| at.to_string()),
        values: value.map(|value| (QUERY, value)).into_iter().collect(),
        value_string: value.map_or_else(String::new, |value| value_string(&alert.labels, value)),
        generator_url: address(&alert.generator_url),
        fingerprint: &alert.fingerprint,
        silence_url: "",
        dashboard_url: address(if alert.dashboard_url.is_some() {
            &alert.dashboard_url
        } else {
            &notification.links.dashboard
        }),
        panel_url: "",
    }
}

/// The one text in which Grafana repeats values and labels.
fn value_string(labels: &Map, value: f64) -> String {
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("[ var='{QUERY}' labels={{{}}} value={value} ]", labels.join(", "))
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Firing | Status::Test => "firing",
        Status::Resolved => "resolved",
    }
}

fn address(url: &Option<Url>) -> &str {
    url.as_ref().map_or("", Url::as_str)
}

/// What all maps have in common.
fn common<'m>(mut maps: impl Iterator<Item = &'m Map>) -> Map {
    let mut common = maps.next().cloned().unwrap_or_default();
    for map in maps {
        common.retain(|name, value| map.get(name) == Some(value));
    }
    common
}

//! The body of Alertmanager's `POST /api/v2/alerts`
//! (<https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use url::Url;

use super::{MAX_ALERTS, SERVICE};
use crate::{Alert, Notification, Status, text};

/// How long Alertmanager takes what fires for firing without hearing of it again: a few repeats may be lost.
const BELIEVED_FOR: SignedDuration = SignedDuration::from_mins(5);

type Map = BTreeMap<String, String>;

/// One alert.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PostableAlert {
    labels: Map,
    annotations: Map,
    starts_at: Timestamp,
    ends_at: Timestamp,
    #[serde(rename = "generatorURL", skip_serializing_if = "Option::is_none")]
    generator_url: Option<String>,
}

/// The body for a notification, as of `now`.
pub(crate) fn alerts(notification: &Notification, now: Timestamp) -> Vec<PostableAlert> {
    if notification.alerts.is_empty() {
        // An empty list is accepted and tells nobody anything.
        return vec![one(&nameless(notification, now), notification, now)];
    }
    notification.alerts.iter().take(MAX_ALERTS).map(|alert| one(alert, notification, now)).collect()
}

fn one(alert: &Alert, notification: &Notification, now: Timestamp) -> PostableAlert {
    let mut labels = alert.labels.clone();
    for (name, value) in [
        ("alertname", notification.group.as_str()),
        ("severity", notification.severity.as_str()),
        ("service", SERVICE),
    ] {
        labels.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    let mut annotations = alert.annotations.clone();
    let said = [("summary", text::title(notification)), ("description", text::message(notification))];
    for (name, value) in said.into_iter().chain(notification.links.annotations()) {
        annotations.entry(name.to_owned()).or_insert(value);
    }
    let ends_at = match alert.status {
        Status::Resolved => alert.ends_at.unwrap_or(now),
        Status::Firing | Status::Test => now.saturating_add(BELIEVED_FOR).unwrap_or(now),
    };
    PostableAlert {
        labels,
        annotations,
        starts_at: alert.starts_at,
        // An end before the start is refused, with all the other alerts of the request.
        ends_at: ends_at.max(alert.starts_at),
        generator_url: alert
            .generator_url
            .as_ref()
            .or(notification.links.incident.as_ref())
            .map(Url::to_string),
    }
}

fn nameless(notification: &Notification, now: Timestamp) -> Alert {
    Alert {
        status: notification.status,
        labels: Map::new(),
        annotations: Map::new(),
        starts_at: now,
        ends_at: None,
        value: None,
        fingerprint: String::new(),
        generator_url: None,
        dashboard_url: None,
    }
}

//! The alert rules: how each of them stands, what happened, and what a person may do about it.

use crate::{
    api::{
        acts::{Acts, Admin},
        extract::{Json, Path},
        schema,
    },
    app::AppState,
    edge::Problem,
    operations::{AlertView, PauseAlertError},
};
use alerting::{Instance, PauseError};
use axum::{extract::State, http::StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use std::collections::BTreeMap;
use store::{AlertHistory, AlertPause};
use utoipa::ToSchema;

/// Changes that are told.
const HISTORY: u32 = 100;

/// Every rule, and what changed lately.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "alerts": [{
        "name": "factory-success-rate", "title": "Pizza Factory Success Rate %", "severity": "page", "state": "Pending",
        "summary": "The pizza factory fails. Orders are queued and none is lost.",
        "instances": [{ "instance": "pizza-1:3000", "labels": {}, "state": "Pending", "since": "2025-12-02T10:10:30Z", "value": 0.0 }],
    }],
    "history": [{ "at": "2025-12-02T10:10:30Z", "name": "factory-success-rate", "labels": "", "from": "Normal", "to": "Pending", "value": 0.0, "instance": "pizza-1:3000" }],
}))]
pub struct Alerts {
    alerts: Vec<Alert>,
    /// The latest changes, newest first.
    history: Vec<Change>,
}

/// How a rule stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// The rule's name in the API and the anchor in the runbook.
    name: &'static str,
    title: &'static str,
    /// What broke, if it alerts.
    summary: &'static str,
    /// `page`, `ticket` or `none`.
    severity: &'static str,
    /// `Normal`, `Pending`, `Alerting` or `Recovering`: the worst of its instances.
    state: &'static str,
    /// Until when it is not evaluated.
    #[schema(schema_with = schema::timestamp)]
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_by: Option<String>,
    /// What is not Normal.
    instances: Vec<AlertInstance>,
}

/// One alert of a rule.
#[derive(Serialize, ToSchema)]
pub struct AlertInstance {
    /// The instance of the service that sees it.
    instance: String,
    labels: BTreeMap<String, String>,
    state: &'static str,
    #[schema(schema_with = schema::timestamp)]
    since: Timestamp,
    value: f64,
}

/// A change of an alert's state.
#[derive(Serialize, ToSchema)]
#[schema(as = AlertChange)]
pub struct Change {
    #[schema(schema_with = schema::timestamp)]
    at: Timestamp,
    name: String,
    labels: String,
    from: String,
    to: String,
    value: f64,
    instance: String,
}

/// For how long to pause.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "minutes": 30 }))]
#[serde(deny_unknown_fields)]
pub struct PauseFor {
    /// 1 to 1440; 0 ends the pause.
    #[schema(minimum = 0, maximum = 1440)]
    #[serde(deserialize_with = "whole_number")]
    minutes: u32,
}

/// 30 and 30.0 are the same number (JSON Schema, "integer").
fn whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = f64::deserialize(deserializer)?;
    let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was looked at")]
    let whole = number as u32;
    if is_whole {
        Ok(whole)
    } else {
        Err(D::Error::custom("minutes must be a whole number that is not negative"))
    }
}

/// A rule's pause.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "name": "latency", "pausedUntil": "2025-12-02T10:40:00Z" }))]
#[serde(rename_all = "camelCase")]
pub struct PausedRule {
    name: String,
    /// Null when it is not paused any more.
    #[schema(schema_with = schema::timestamp_or_null)]
    paused_until: Option<Timestamp>,
}

/// What became of a test.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "contactPoints": [{ "name": "on-call", "delivered": true }] }))]
#[serde(rename_all = "camelCase")]
pub struct Tested {
    contact_points: Vec<TestedPoint>,
}

/// Whether a contact point took the test message.
#[derive(Serialize, ToSchema)]
pub struct TestedPoint {
    name: String,
    delivered: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// How every alert rule stands, and what changed (admin)
#[utoipa::path(
    get, path = "/api/admin/alerts", tag = "administration", security(("session" = [])),
    responses(
        (status = 200, description = "Every rule, on all instances", body = Alerts),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn list(State(app): State<AppState>, _: Admin) -> Result<axum::Json<Alerts>, Problem> {
    let alerts = app.operations.alerts().await?.into_iter().map(Alert::from).collect();
    let history = app.operations.alert_history(HISTORY).await?.into_iter().map(Change::from).collect();
    Ok(axum::Json(Alerts { alerts, history }))
}

/// Pause an alert rule for a while (admin)
///
/// It is not evaluated on any instance, and the pause ends by itself.
#[utoipa::path(
    post, path = "/api/admin/alerts/{name}/pause", tag = "administration", security(("session" = [])),
    params(("name" = String, Path, description = "The rule", example = "latency")),
    request_body = PauseFor,
    responses(
        (status = 200, description = "Until when it is paused", body = PausedRule),
        (status = 400, description = "That is longer than a day."),
        (status = 403, description = "Only an admin may do that."),
        (status = 404, description = "There is no such rule."),
    ),
)]
pub async fn pause(
    State(app): State<AppState>,
    acts: Acts,
    Admin(session): Admin,
    Path(name): Path<String>,
    Json(wanted): Json<PauseFor>,
) -> Result<axum::Json<PausedRule>, Problem> {
    if wanted.minutes == 0 {
        let name = app.operations.resume_alert(&name).await.map_err(refused)?;
        acts.record(&session, "alert.resume", format!("alert {name}"), None).await;
        return Ok(axum::Json(PausedRule { name, paused_until: None }));
    }
    // A time that no clock shows is as far away as one can be: it is refused with the others.
    let until = Timestamp::now().saturating_add(SignedDuration::from_mins(i64::from(wanted.minutes)));
    let until = until.unwrap_or(Timestamp::MAX);
    let by = session.user.name.to_string();
    let pause = app.operations.pause_alert(&name, until, by).await.map_err(refused)?;
    let minutes = format!("for {} min", wanted.minutes);
    acts.record(&session, "alert.pause", format!("alert {}", pause.rule), Some(minutes)).await;
    Ok(axum::Json(PausedRule::from(pause)))
}

/// Send a test message through every contact point (admin)
#[utoipa::path(
    post, path = "/api/admin/alerts/test", tag = "administration", security(("session" = [])),
    responses(
        (status = 200, description = "Which of them took it", body = Tested),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn test(State(app): State<AppState>, acts: Acts, Admin(session): Admin) -> axum::Json<Tested> {
    let told = app.operations.send_test(session.user.name.as_str()).await;
    acts.record(&session, "alert.test", "contact points", None).await;
    let point = |(name, told): (String, Result<(), String>)| TestedPoint {
        name,
        delivered: told.is_ok(),
        error: told.err(),
    };
    axum::Json(Tested { contact_points: told.into_iter().map(point).collect() })
}

fn refused(error: PauseAlertError) -> Problem {
    match error {
        PauseAlertError::Refused(error @ PauseError::NoSuchRule) => Problem::not_found(error.to_string()),
        PauseAlertError::Refused(error) => Problem::new(StatusCode::BAD_REQUEST, error.to_string()),
        PauseAlertError::Store(error) => error.into(),
    }
}

impl From<AlertView> for Alert {
    fn from(alert: AlertView) -> Self {
        let instance = |(instance, alert): (String, Instance)| AlertInstance {
            instance,
            labels: alert.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            state: alert.state.as_str(),
            since: alert.since,
            value: alert.value,
        };
        Self {
            name: alert.id,
            title: alert.name,
            summary: alert.summary,
            severity: alert.severity.as_str(),
            state: alert.state.as_str(),
            paused_until: alert.pause.as_ref().map(|pause| pause.until),
            paused_by: alert.pause.map(|pause| pause.by),
            instances: alert.alerts.into_iter().map(instance).collect(),
        }
    }
}

impl From<AlertHistory> for Change {
    fn from(entry: AlertHistory) -> Self {
        let AlertHistory { instance, change } = entry;
        Self {
            at: change.at,
            name: change.rule,
            labels: change.labels,
            from: change.from,
            to: change.to,
            value: change.value,
            instance,
        }
    }
}

impl From<AlertPause> for PausedRule {
    fn from(pause: AlertPause) -> Self {
        Self { name: pause.rule, paused_until: Some(pause.until) }
    }
}

//! Incidents: what happened, who has taken it on, and the report.

use crate::{
    api::{
        acts::{Acts, Admin},
        extract::{Path, Query, clamped, path_id},
        schema,
        views::Message,
    },
    app::AppState,
    edge::Problem,
    operations::{EndChaosError, calls},
};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use domain::{CallTally, Incident, IncidentEvent, IncidentId, OrderTally};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::IncidentFile;
use utoipa::{IntoParams, ToSchema};

const PER_PAGE: u32 = 50;
const MAX_PAGE: u32 = 1_000_000;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IncidentQuery {
    /// Counts from 1. What is no number reads as the default.
    #[param(example = "1")]
    page: Option<String>,
}

/// A page of incidents, newest first.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "incidents": [{ "id": 5, "cause": "factory", "beganAt": "2025-12-02T10:10:12Z", "openedAt": "2025-12-02T10:10:30Z" }],
    "page": 1, "more": false,
}))]
pub struct IncidentPage {
    incidents: Vec<IncidentView>,
    page: u32,
    more: bool,
}

/// An incident.
#[derive(Serialize, ToSchema)]
#[schema(as = Incident)]
#[serde(rename_all = "camelCase")]
pub struct IncidentView {
    id: i64,
    /// `factory`, `intake`, `worker` or `backlog`.
    cause: &'static str,
    /// The first sign.
    #[schema(schema_with = schema::timestamp)]
    began_at: Timestamp,
    /// When a rule that wakes somebody went Pending.
    #[schema(schema_with = schema::timestamp)]
    opened_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged_by: Option<String>,
    #[schema(schema_with = schema::timestamp)]
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged_at: Option<Timestamp>,
    /// When the rule was Normal and no order waited any more.
    #[schema(schema_with = schema::timestamp)]
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<Timestamp>,
}

/// An incident with all that was gathered.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": 5, "cause": "factory", "beganAt": "2025-12-02T10:10:12Z", "openedAt": "2025-12-02T10:10:30Z", "hasFixLink": true,
    "timeline": [{ "at": "2025-12-02T10:10:30Z", "kind": "alert_pending", "text": "Alert \"Pizza Factory Success Rate %\": Normal → Pending" }],
    "orders": { "placed": 12, "fulfilledAtOnce": 0, "fulfilledLater": 0, "waiting": 12, "quarantined": 0, "rejected": 0, "cancelled": 0, "lost": 0, "longestSeconds": 0 },
    "calls": { "success": 0, "failure": 6, "timeout": 0, "connectError": 0, "badJwt": 0, "rejected": 0, "shortCircuited": 9, "accepted": 12, "errors": 0 },
}))]
#[serde(rename_all = "camelCase")]
pub struct IncidentDetails {
    #[serde(flatten)]
    incident: IncidentView,
    /// Whether the factory's answers had a link that ends its chaos: `…/end-chaos` follows it.
    has_fix_link: bool,
    timeline: Vec<TimelineEvent>,
    orders: OrdersView,
    calls: CallsView,
}

/// One line of a timeline.
#[derive(Serialize, ToSchema)]
pub struct TimelineEvent {
    #[schema(schema_with = schema::timestamp)]
    at: Timestamp,
    kind: &'static str,
    text: String,
}

/// What became of the orders that were placed meanwhile.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrdersView {
    placed: u64,
    fulfilled_at_once: u64,
    fulfilled_later: u64,
    waiting: u64,
    quarantined: u64,
    rejected: u64,
    cancelled: u64,
    /// Counted from the orders themselves.
    lost: u64,
    longest_seconds: u64,
}

/// Calls to the factory and requests to order, as the instances counted them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallsView {
    success: u64,
    failure: u64,
    timeout: u64,
    connect_error: u64,
    bad_jwt: u64,
    rejected: u64,
    /// Calls that the open circuit saved.
    short_circuited: u64,
    accepted: u64,
    errors: u64,
}

/// Incidents (admin)
#[utoipa::path(
    get, path = "/api/admin/incidents", tag = "administration", security(("session" = [])),
    params(IncidentQuery),
    responses(
        (status = 200, description = "Fifty incidents, newest first", body = IncidentPage),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    _: Admin,
    Query(query): Query<IncidentQuery>,
) -> Result<axum::Json<IncidentPage>, Problem> {
    let page = clamped(query.page.as_deref(), 1, 1..=MAX_PAGE);
    let found = app.operations.incidents(page, PER_PAGE).await?;
    let incidents = found.incidents.iter().map(IncidentView::from).collect();
    Ok(axum::Json(IncidentPage { incidents, page, more: found.more }))
}

/// One incident, with all that was gathered (admin)
#[utoipa::path(
    get, path = "/api/admin/incidents/{id}", tag = "administration", security(("session" = [])),
    params(("id" = i64, Path, description = "The incident", example = 5)),
    responses(
        (status = 200, description = "Its timeline, and what became of orders", body = IncidentDetails),
        (status = 403, description = "Only an admin may do that."),
        (status = 404, description = "There is no such incident."),
    ),
)]
pub async fn show(
    State(app): State<AppState>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<IncidentDetails>, Problem> {
    let id = incident_id(&id)?;
    let file = app.operations.incident(id).await?.ok_or_else(unknown)?;
    let orders = app.operations.orders_of(&file).await?;
    Ok(axum::Json(IncidentDetails::of(file, &orders)))
}

/// An incident as a report in Markdown (admin)
///
/// Facts are filled in, judgement is left as marked blanks.
#[utoipa::path(
    get, path = "/api/admin/incidents/{id}/report", tag = "administration", security(("session" = [])),
    params(("id" = i64, Path, description = "The incident", example = 5)),
    responses(
        (status = 200, description = "The report", body = String, content_type = "text/markdown", example = "# Incident Report"),
        (status = 403, description = "Only an admin may do that."),
        (status = 404, description = "There is no such incident."),
    ),
)]
pub async fn report(
    State(app): State<AppState>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let report = app.operations.report(incident_id(&id)?).await?.ok_or_else(unknown)?;
    Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], report))
}

/// Take an incident on (admin)
///
/// Whoever was first stays.
#[utoipa::path(
    post, path = "/api/admin/incidents/{id}/acknowledge", tag = "administration", security(("session" = [])),
    params(("id" = i64, Path, description = "The incident", example = 5)),
    responses(
        (status = 200, description = "Who has taken it on", body = Message, example = json!({ "message": "acknowledged by pizza admin" })),
        (status = 403, description = "Only an admin may do that."),
        (status = 404, description = "There is no such incident."),
    ),
)]
pub async fn acknowledge(
    State(app): State<AppState>,
    acts: Acts,
    Admin(session): Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<Message>, Problem> {
    let id = incident_id(&id)?;
    let by = app.operations.acknowledge(id, session.user.name.as_str()).await?.ok_or_else(unknown)?;
    acts.record(&session, "incident.acknowledge", format!("incident {id}"), None).await;
    Ok(axum::Json(Message::new(format!("acknowledged by {}", by.by))))
}

/// Follow the link that ends the chaos (admin)
#[utoipa::path(
    post, path = "/api/admin/incidents/{id}/end-chaos", tag = "administration", security(("session" = [])),
    params(("id" = i64, Path, description = "The incident", example = 5)),
    responses(
        (status = 200, description = "What the factory said", body = Message, example = json!({ "message": "Problem resolved. Pizza is back on the menu!" })),
        (status = 403, description = "Only an admin may do that."),
        (status = 404, description = "There is no such incident."),
        (status = 409, description = "The factory's answers had no such link."),
        (status = 502, description = "The factory did not do it."),
    ),
)]
pub async fn end_chaos(
    State(app): State<AppState>,
    acts: Acts,
    Admin(session): Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<Message>, Problem> {
    let id = incident_id(&id)?;
    let ended = app.operations.end_chaos(id, session.user.name.as_str()).await;
    let outcome = match &ended {
        Ok(words) => words.clone(),
        Err(error) => error.to_string(),
    };
    acts.record(&session, "incident.end_chaos", format!("incident {id}"), Some(outcome)).await;
    ended.map(|words| axum::Json(Message::new(words))).map_err(not_ended)
}

/// Why the chaos goes on.
pub fn not_ended(error: EndChaosError) -> Problem {
    match error {
        EndChaosError::Unknown(_) => unknown(),
        EndChaosError::NoLink => Problem::new(StatusCode::CONFLICT, error.to_string()),
        EndChaosError::Link(_) => Problem::new(StatusCode::BAD_GATEWAY, error.to_string()),
        EndChaosError::Store(error) => error.into(),
    }
}

fn incident_id(text: &str) -> Result<IncidentId, Problem> {
    path_id(text, IncidentId, "unknown incident")
}

fn unknown() -> Problem {
    Problem::not_found("unknown incident")
}

impl IncidentDetails {
    fn of(file: IncidentFile, orders: &OrderTally) -> Self {
        Self {
            incident: IncidentView::from(&file.incident),
            has_fix_link: file.has_link,
            calls: CallsView::from(calls(&file)),
            timeline: file.events.into_iter().map(TimelineEvent::from).collect(),
            orders: OrdersView::from(orders),
        }
    }
}

impl From<&Incident> for IncidentView {
    fn from(incident: &Incident) -> Self {
        Self {
            id: incident.id.0,
            cause: incident.cause.as_str(),
            began_at: incident.began_at,
            opened_at: incident.opened_at,
            acknowledged_by: incident.acknowledged.as_ref().map(|by| by.by.clone()),
            acknowledged_at: incident.acknowledged.as_ref().map(|by| by.at),
            closed_at: incident.closed_at,
        }
    }
}

impl From<IncidentEvent> for TimelineEvent {
    fn from(event: IncidentEvent) -> Self {
        Self { at: event.at, kind: event.kind.as_str(), text: event.text }
    }
}

impl From<&OrderTally> for OrdersView {
    fn from(orders: &OrderTally) -> Self {
        Self {
            placed: orders.placed,
            fulfilled_at_once: orders.fulfilled_at_once,
            fulfilled_later: orders.fulfilled_later,
            waiting: orders.waiting,
            quarantined: orders.quarantined,
            rejected: orders.rejected,
            cancelled: orders.cancelled,
            lost: orders.lost,
            longest_seconds: orders.longest_seconds,
        }
    }
}

impl From<CallTally> for CallsView {
    fn from(calls: CallTally) -> Self {
        Self {
            success: calls.success,
            failure: calls.failure,
            timeout: calls.timeout,
            connect_error: calls.connect_error,
            bad_jwt: calls.bad_jwt,
            rejected: calls.rejected,
            short_circuited: calls.short_circuited,
            accepted: calls.accepted,
            errors: calls.errors,
        }
    }
}

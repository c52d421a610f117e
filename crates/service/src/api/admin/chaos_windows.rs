//! Planned chaos windows: whoever is woken within one is told so.

use crate::{
    api::{
        acts::{Acts, Admin},
        extract::{Json, Path, path_id},
        schema,
        views::Message,
    },
    app::AppState,
    edge::Problem,
};
use axum::{extract::State, http::StatusCode};
use domain::{ChaosWindow, ChaosWindowId, NewChaosWindow};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Windows that ended so long ago are not listed any more.
const LISTED_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Windows of the last 90 days, and those to come.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({ "chaosWindows": [{ "id": 3, "from": "2025-12-02T10:10:00Z", "to": "2025-12-02T10:22:00Z", "kind": "fail", "reason": "a drill" }] }))]
pub struct ChaosWindows {
    chaos_windows: Vec<ChaosWindowView>,
}

/// A planned chaos window.
#[derive(Serialize, ToSchema)]
#[schema(as = ChaosWindow, example = json!({ "id": 3, "from": "2025-12-02T10:10:00Z", "to": "2025-12-02T10:22:00Z", "kind": "fail", "reason": "a drill" }))]
#[serde(rename_all = "camelCase")]
pub struct ChaosWindowView {
    id: i64,
    #[schema(schema_with = schema::timestamp)]
    from: Timestamp,
    #[schema(schema_with = schema::timestamp)]
    to: Timestamp,
    kind: String,
    reason: String,
    /// `ticket` when alerts of the factory within it wake nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    planned_by: Option<i64>,
}

/// A window to plan, or one of the past to write down.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "from": "2025-12-02T10:10:00Z", "to": "2025-12-02T10:22:00Z", "kind": "fail", "reason": "a drill" }))]
#[serde(deny_unknown_fields)]
pub struct PlanChaos {
    #[schema(schema_with = schema::timestamp)]
    from: Timestamp,
    /// At most 7 days later.
    #[schema(schema_with = schema::timestamp)]
    to: Timestamp,
    /// What is done to the factory.
    #[schema(min_length = 1, max_length = 40)]
    kind: String,
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: String,
    /// `ticket`: alerts of the factory within it wake nobody.
    #[serde(default)]
    severity: Option<LowerSeverity>,
}

/// Whom alerts within the window wake.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LowerSeverity {
    /// Whoever they wake anyway.
    Page,
    /// Nobody.
    Ticket,
}

/// Planned chaos windows (admin)
#[utoipa::path(
    get, path = "/api/admin/chaos-windows", tag = "administration", security(("session" = [])),
    responses(
        (status = 200, description = "Those of the last 90 days, and those to come", body = ChaosWindows),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn list(State(app): State<AppState>, _: Admin) -> Result<axum::Json<ChaosWindows>, Problem> {
    let from = Timestamp::now().saturating_sub(LISTED_FOR).unwrap_or(Timestamp::MIN);
    let windows = app.operations.chaos_windows(from, Timestamp::MAX).await?;
    Ok(axum::Json(ChaosWindows { chaos_windows: windows.into_iter().map(ChaosWindowView::from).collect() }))
}

/// Plan a chaos window, or write down one of the past (admin)
///
/// Nothing is done to the factory: notifications within the window say that it was planned, and the dashboard shows it.
#[utoipa::path(
    post, path = "/api/admin/chaos-windows", tag = "administration", security(("session" = [])),
    request_body = PlanChaos,
    responses(
        (status = 201, description = "The window", body = ChaosWindowView),
        (status = 400, description = "It is too long, or has no kind."),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn plan(
    State(app): State<AppState>,
    acts: Acts,
    Admin(session): Admin,
    Json(wanted): Json<PlanChaos>,
) -> Result<(StatusCode, axum::Json<ChaosWindowView>), Problem> {
    let plan = NewChaosWindow {
        from: wanted.from,
        to: wanted.to,
        kind: wanted.kind.trim().to_owned(),
        reason: wanted.reason.trim().to_owned(),
        lowers_severity: matches!(wanted.severity, Some(LowerSeverity::Ticket)),
        planned_by: Some(session.user.id),
    };
    let plan = plan.checked().map_err(|error| Problem::bad_request(error.to_string()))?;
    let window = app.operations.plan_chaos_window(plan).await?;
    let when = format!("{} to {}", window.plan.from, window.plan.to);
    acts.record(&session, "chaos_window.plan", format!("chaos window {}", window.id), Some(when)).await;
    Ok((StatusCode::CREATED, axum::Json(ChaosWindowView::from(window))))
}

/// Take a chaos window away (admin)
#[utoipa::path(
    delete, path = "/api/admin/chaos-windows/{id}", tag = "administration", security(("session" = [])),
    params(("id" = i64, Path, description = "The window", example = 3)),
    responses(
        (status = 200, description = "It is gone", body = Message, example = json!({ "message": "chaos window deleted" })),
        (status = 403, description = "Only an admin may do that."),
        (status = 404, description = "There is no such window."),
    ),
)]
pub async fn delete(
    State(app): State<AppState>,
    acts: Acts,
    Admin(session): Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<Message>, Problem> {
    let id = path_id(&id, ChaosWindowId, "unknown chaos window")?;
    if app.operations.forget_chaos_window(id).await?.is_none() {
        return Err(Problem::not_found("unknown chaos window"));
    }
    acts.record(&session, "chaos_window.delete", format!("chaos window {id}"), None).await;
    Ok(axum::Json(Message::new("chaos window deleted")))
}

impl From<ChaosWindow> for ChaosWindowView {
    fn from(window: ChaosWindow) -> Self {
        let plan = window.plan;
        Self {
            id: window.id.0,
            from: plan.from,
            to: plan.to,
            kind: plan.kind,
            reason: plan.reason,
            severity: plan.lowers_severity.then_some("ticket"),
            planned_by: plan.planned_by.map(|user| user.0),
        }
    }
}

//! The audit log.

use crate::{
    api::{
        acts::Admin,
        extract::{Query, clamped},
        schema,
    },
    app::AppState,
    edge::Problem,
};
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::AuditEntry;
use utoipa::{IntoParams, ToSchema};

const PER_PAGE: u32 = 50;
const MAX_PAGE: u32 = 1_000_000;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Counts from 1. What is no number reads as the default.
    #[param(example = "1")]
    page: Option<String>,
}

/// A page of the audit log, newest first.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "entries": [{ "at": "2025-12-02T10:12:00Z", "actorId": 1, "action": "circuit.force_open", "subject": "circuit", "detail": "the factory asked us to", "requestId": "0123456789abcdef" }],
    "page": 1,
}))]
pub struct AuditPage {
    entries: Vec<AuditView>,
    page: u32,
}

/// An administrative act.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
#[serde(rename_all = "camelCase")]
pub struct AuditView {
    #[schema(schema_with = schema::timestamp)]
    at: Timestamp,
    /// Absent when it was done at the machine itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<i64>,
    /// A verb.
    action: String,
    /// To whom or what it was done.
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// Who did what (admin)
#[utoipa::path(
    get, path = "/api/admin/audit", tag = "administration", security(("session" = [])),
    params(AuditQuery),
    responses(
        (status = 200, description = "Fifty entries, newest first", body = AuditPage),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    _: Admin,
    Query(query): Query<AuditQuery>,
) -> Result<axum::Json<AuditPage>, Problem> {
    let page = clamped(query.page.as_deref(), 1, 1..=MAX_PAGE);
    let entries = app.store.audit_log(page, PER_PAGE).await?;
    Ok(axum::Json(AuditPage { entries: entries.into_iter().map(AuditView::from).collect(), page }))
}

impl From<AuditEntry> for AuditView {
    fn from(entry: AuditEntry) -> Self {
        let act = entry.act;
        Self {
            at: entry.at,
            actor_id: act.actor.map(|actor| actor.0),
            action: act.action,
            subject: act.subject,
            detail: act.detail,
            request_id: act.request_id,
        }
    }
}

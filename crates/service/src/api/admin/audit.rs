//! The audit log.

use crate::{
    api::{
        acts::Admin,
        extract::{Query, clamped},
    },
    app::AppState,
    edge::Problem,
};
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::AuditEntry;

const PER_PAGE: u32 = 50;
const MAX_PAGE: u32 = 1_000_000;

#[derive(Deserialize)]
pub struct AuditQuery {
    page: Option<String>,
}

/// A page of the audit log, newest first.
#[derive(Serialize)]
pub struct AuditPage {
    entries: Vec<AuditView>,
    page: u32,
}

/// An administrative act.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditView {
    at: Timestamp,
    /// Absent when it was done at the machine itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<i64>,
    action: String,
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// `GET /api/admin/audit?page=1`
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

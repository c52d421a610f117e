//! The kitchen's status, for everybody.

use crate::app::AppState;
use axum::{extract::State, response::IntoResponse};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// `GET /api/status`
pub async fn show(State(app): State<AppState>) -> impl IntoResponse {
    let kitchen = app.kitchen.status();
    let oldest = kitchen.queue.oldest_queued_at.filter(|_| kitchen.queue.queued > 0);
    let oldest_seconds = oldest.map_or(0, |at| Timestamp::now().duration_since(at).as_secs().max(0));
    let mut body = json!({
        "kitchen": kitchen.state,
        "message": kitchen.message(),
        "queueDepth": kitchen.queue.queued,
        "oldestQueuedSeconds": oldest_seconds,
    });
    if let Some(wait) = kitchen.reopen_in.and_then(|wait| SignedDuration::try_from(wait).ok()) {
        body["estimatedReopen"] = json!(Timestamp::now().saturating_add(wait).unwrap_or(Timestamp::MAX));
    }
    axum::Json(body)
}

//! The kitchen's status, for everybody.

use super::views::from_now;
use crate::{app::AppState, fulfilment::KitchenState};
use axum::{extract::State, response::IntoResponse};
use jiff::Timestamp;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    kitchen: KitchenState,
    message: &'static str,
    queue_depth: u64,
    oldest_queued_seconds: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_reopen: Option<Timestamp>,
}

/// `GET /api/status`
pub async fn show(State(app): State<AppState>) -> impl IntoResponse {
    let kitchen = app.kitchen.status();
    let oldest = kitchen.queue.oldest_queued_at.filter(|_| kitchen.queue.queued > 0);
    axum::Json(Status {
        kitchen: kitchen.state,
        message: kitchen.message(),
        queue_depth: kitchen.queue.queued,
        oldest_queued_seconds: oldest.map_or(0, |at| Timestamp::now().duration_since(at).as_secs().max(0)),
        estimated_reopen: kitchen.reopen_in.map(from_now),
    })
}

//! The kitchen's status, for everybody.

use super::{schema, views::from_now};
use crate::{app::AppState, fulfilment::KitchenState};
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The kitchen now.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "kitchen": "open", "message": "The kitchen is open.", "queueDepth": 0, "oldestQueuedSeconds": 0 }))]
#[serde(rename_all = "camelCase")]
pub struct Status {
    kitchen: KitchenState,
    /// What to tell a diner.
    message: &'static str,
    /// Orders that wait.
    queue_depth: u64,
    oldest_queued_seconds: i64,
    /// When the kitchen will be tried again.
    #[schema(schema_with = schema::timestamp)]
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_reopen: Option<Timestamp>,
}

/// Whether the kitchen is open, and how long the queue is
#[utoipa::path(
    get, path = "/api/status", tag = "kitchen",
    responses((status = 200, description = "The kitchen now", body = Status)),
)]
pub async fn show(State(app): State<AppState>) -> axum::Json<Status> {
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

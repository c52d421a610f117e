//! Whether the process lives, whether it can serve, and what it measures.

use super::views::Message;
use crate::{app::AppState, edge::Problem};
use axum::{extract::State, http::header, response::IntoResponse};
use std::time::Duration;

/// How long the database may take to commit before the instance counts as not ready.
const CHECK_WITHIN: Duration = Duration::from_secs(2);

/// Whether the process lives
#[utoipa::path(
    get, path = "/livez", tag = "documents",
    responses((status = 200, description = "It does", body = Message, example = json!({ "message": "alive" }))),
)]
pub async fn livez() -> axum::Json<Message> {
    axum::Json(Message::new("alive"))
}

/// Whether orders can be promised
///
/// The factory does not matter here: while it is down, orders are queued.
#[utoipa::path(
    get, path = "/readyz", tag = "documents",
    responses(
        (status = 200, description = "They can", body = Message, example = json!({ "message": "ready" })),
        (status = 503, description = "The database does not answer, or the service is shutting down."),
    ),
)]
pub async fn readyz(State(app): State<AppState>) -> Result<axum::Json<Message>, Problem> {
    let not_ready = |why: &'static str| Problem::unavailable(why, Duration::from_secs(1));
    if app.shutdown.is_cancelled() {
        return Err(not_ready("shutting down"));
    }
    match tokio::time::timeout(CHECK_WITHIN, app.store.check()).await {
        Ok(Ok(())) => Ok(axum::Json(Message::new("ready"))),
        _ => Err(not_ready("the database does not answer")),
    }
}

/// What is measured, in the Prometheus text format
#[utoipa::path(
    get, path = "/metrics", tag = "documents",
    responses((status = 200, description = "All metrics", body = String, content_type = "text/plain", example = "pizza_circuit_state 0")),
)]
pub async fn metrics(State(app): State<AppState>) -> Result<impl IntoResponse, Problem> {
    let text = app.metrics.to_text().map_err(|error| {
        tracing::error!("type" = "unhandled", component = "metrics", %error, "metrics cannot be written");
        Problem::internal()
    })?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

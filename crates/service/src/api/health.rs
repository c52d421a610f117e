//! Whether the process lives, whether it can serve, and what it measures.

use crate::{app::AppState, edge::Problem};
use axum::{extract::State, http::header, response::IntoResponse};
use serde_json::json;
use std::time::Duration;

/// How long the database may take to commit before the instance counts as not ready.
const CHECK_WITHIN: Duration = Duration::from_secs(2);

/// `GET /livez`: the process answers.
pub async fn livez() -> impl IntoResponse {
    axum::Json(json!({ "message": "alive" }))
}

/// `GET /readyz`: orders can be promised. The factory does not matter here: while it is down, orders are queued.
pub async fn readyz(State(app): State<AppState>) -> Result<impl IntoResponse, Problem> {
    let not_ready = |why: &'static str| Problem::unavailable(why, Duration::from_secs(1));
    if app.shutdown.is_cancelled() {
        return Err(not_ready("shutting down"));
    }
    match tokio::time::timeout(CHECK_WITHIN, app.store.check()).await {
        Ok(Ok(())) => Ok(axum::Json(json!({ "message": "ready" }))),
        _ => Err(not_ready("the database does not answer")),
    }
}

/// `GET /metrics`, in the Prometheus text format.
pub async fn metrics(State(app): State<AppState>) -> Result<impl IntoResponse, Problem> {
    let text = app.metrics.to_text().map_err(|error| {
        tracing::error!("type" = "unhandled", component = "metrics", %error, "metrics cannot be written");
        Problem::internal()
    })?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

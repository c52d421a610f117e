//! Whether the process lives, whether it can serve, and what it measures.

use super::views::Message;
use crate::{
    app::{App, AppState},
    edge::Problem,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::IntoResponse,
};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use subtle::ConstantTimeEq;

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
///
/// Not here if `metrics.listen` gives it an address of its own; and only for who sends `metrics.token`, if there is
/// one, as `Authorization: Bearer`.
#[utoipa::path(
    get, path = "/metrics", tag = "documents",
    responses((status = 200, description = "All metrics", body = String, content_type = "text/plain", example = "pizza_circuit_state 0")),
)]
pub async fn metrics(State(app): State<AppState>, headers: HeaderMap) -> Result<impl IntoResponse, Problem> {
    if app.config.metrics.listen.is_some() {
        return Err(Problem::not_found("unknown endpoint"));
    }
    measured(&app, &headers)
}

/// `/metrics`, on the address that is for nothing else.
pub async fn metrics_alone(
    State(app): State<AppState>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    measured(&app, &headers)
}

fn measured(app: &App, headers: &HeaderMap) -> Result<impl IntoResponse + use<>, Problem> {
    if app.config.metrics.token.as_ref().is_some_and(|token| !bears(headers, token)) {
        return Err(Problem::unauthorized());
    }
    let text = app.metrics.to_text().map_err(|error| {
        tracing::error!("type" = "unhandled", component = "metrics", %error, "metrics cannot be written");
        Problem::internal()
    })?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

fn bears(headers: &HeaderMap, token: &SecretString) -> bool {
    let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let given = given.and_then(|given| given.split_at_checked("Bearer ".len()));
    given.is_some_and(|(scheme, given)| {
        scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(given.ct_eq(token.expose_secret().as_bytes()))
    })
}

//! Metrics on an address of their own, which a firewall can keep from strangers.

use crate::{
    api::metrics_alone,
    app::{App, AppState},
    edge::{Edge, Problem, at_the_edge},
};
use axum::{Router, middleware::from_fn_with_state, routing::get};
use std::io;
use tokio::net::TcpListener;

/// Listens there, if it is configured.
pub async fn listen(app: &App) -> io::Result<Option<TcpListener>> {
    let Some(address) = app.config.metrics.listen else { return Ok(None) };
    let why = |error: io::Error| {
        io::Error::new(error.kind(), format!("metrics.listen: cannot listen on {address}: {error}"))
    };
    TcpListener::bind(address).await.map(Some).map_err(why)
}

/// `/metrics`, and nothing else.
pub fn router(app: AppState) -> Router {
    Router::new()
        .route("/metrics", get(metrics_alone))
        .fallback(async || Problem::not_found("unknown endpoint"))
        .layer(from_fn_with_state(Edge::new(app.clone()), at_the_edge))
        .with_state(app)
}

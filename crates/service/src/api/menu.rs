//! The menu.

use crate::{app::AppState, edge::Problem};
use axum::{extract::State, http::header, response::IntoResponse};

/// `GET /api/order/menu`
pub async fn show(State(app): State<AppState>) -> Result<impl IntoResponse, Problem> {
    let offer = app.catalogue.offer().await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], offer.json.clone()))
}

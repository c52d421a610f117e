//! People with accounts.

use super::{extract::Caller, views::UserView};
use axum::response::IntoResponse;
use serde::Serialize;

#[derive(Serialize)]
struct Me<'a> {
    #[serde(flatten)]
    user: UserView<'a>,
    iat: i64,
}

/// `GET /api/user/me`
pub async fn me(Caller(session): Caller) -> impl IntoResponse {
    axum::Json(Me { user: UserView::from(&session.user), iat: session.issued_at }).into_response()
}

//! The few pages of the API itself.

use crate::edge::Problem;
use askama::Template;
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

/// Such a page needs our own style sheet and may post to us, and nothing else from or to anywhere.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// A page as an answer.
pub fn html(page: &impl Template) -> Result<Response, Problem> {
    let page = page.render().map_err(|error| {
        tracing::error!("type" = "unhandled", component = "pages", %error, "a page cannot be written");
        Problem::internal()
    })?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    ];
    Ok((headers, page).into_response())
}

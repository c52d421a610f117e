//! The one shape of every error: a `message` a person can read, with the members of RFC 9457 beside it.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use factory_api::{ErrorBody, ReportLink};
use serde::Serialize;

const PROBLEM_JSON: &str = "application/problem+json";
/// What follows in the path of a report link is secret.
const REPORT_LINKS: &str = "/api/support";

/// An answer that is not a success.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: ErrorBody,
    /// Seconds.
    retry_after: Option<u16>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, body: ErrorBody::new(message), retry_after: None }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The key is nobody's, or not an administrator's where one is needed.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid authentication")
    }

    /// The key is good, for other things; the historic factory says 401 and so do we.
    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized")
    }

    /// Something of ours broke; the cause is for the log, not for the caller.
    pub(crate) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a call could not be completed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
    }

    pub(crate) fn with_report(mut self, link: ReportLink) -> Self {
        self.body.report_url = Some(link);
        self
    }

    pub(crate) fn retry_after_seconds(mut self, seconds: u16) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The body for a caller that asked for `path` and accepts what `accept` says.
    pub(crate) fn render(&self, accept: Option<&HeaderValue>, path: &str) -> (HeaderValue, Body) {
        let problem = Problem {
            body: &self.body,
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.body.message,
            instance: if path.starts_with(REPORT_LINKS) { REPORT_LINKS } else { path },
        };
        let accepts_problem = accept
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains(PROBLEM_JSON));
        let content_type = if accepts_problem { PROBLEM_JSON } else { "application/json" };
        // Only texts, numbers and a URL: they cannot fail, and if they did there is still the status.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        (HeaderValue::from_static(content_type), Body::from(body))
    }
}

/// Status and headers only: the body is written at the edge, where path and `Accept` are known.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Serialize)]
struct Problem<'a> {
    #[serde(flatten)]
    body: &'a ErrorBody,
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
}

//! The one shape of every error: a `message` a person can read, with the members of RFC 9457 beside it.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use std::{borrow::Cow, time::Duration};

const PROBLEM_JSON: &str = "application/problem+json";

/// Something that went wrong, as the caller gets to know it. It never holds what only the log should have.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    message: Cow<'static, str>,
    retry_after: Option<Duration>,
    more: Map<String, Value>,
}

impl Problem {
    /// A status and what a person should know.
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into(), retry_after: None, more: Map::new() }
    }

    /// 400: the request cannot be understood or is out of bounds.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 401, in the historic word.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized")
    }

    /// 404.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 500, without a word on why: that is in the log, under the request's id.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on our side")
    }

    /// 503: nothing was promised, nothing was stored; try again.
    pub fn unavailable(message: impl Into<Cow<'static, str>>, retry_after: Duration) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message).retry_after(retry_after)
    }

    /// Says when to try again.
    pub fn retry_after(self, retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..self }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What a person should know.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Adds a member to the body.
    pub fn with(mut self, member: &str, value: Value) -> Self {
        self.more.insert(member.to_owned(), value);
        self
    }

    /// The answer to a caller that asked for `path` and accepts what `accept` says.
    pub(super) fn render(self, accept: Option<&HeaderValue>, path: &str) -> (&'static str, Body) {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let mut body = json!({
            "message": self.message,
            "type": "about:blank",
            "title": title,
            "status": self.status.as_u16(),
            "detail": self.message,
            "instance": path,
        });
        if let Value::Object(members) = &mut body {
            members.extend(self.more);
        }
        let accepts_problem = accept
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains(PROBLEM_JSON));
        let content_type = if accepts_problem { PROBLEM_JSON } else { "application/json" };
        (content_type, Body::from(body.to_string()))
    }
}

/// Status and headers only: the body is written at the edge, where path and `Accept` are known.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(after) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(after)));
        }
        let mut response = (self.status, headers).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// `Retry-After` counts whole seconds; asking too early is never right.
pub fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

impl From<store::StoreError> for Problem {
    fn from(error: store::StoreError) -> Self {
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        tracing::error!("type" = "db", component = "store", cause, "the store is unavailable");
        Self::unavailable(
            "We cannot do that right now. Nothing was changed; please try again.",
            Duration::from_secs(5),
        )
    }
}

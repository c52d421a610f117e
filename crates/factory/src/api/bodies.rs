//! Reading JSON bodies, with limits.

use std::ops::Deref;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_server::body_was_too_slow;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::problem::ApiError;

/// The largest body that is read, in bytes.
pub(crate) const LARGEST: usize = 64 * 1024;

/// A JSON body.
pub(crate) struct JsonBody<T>(pub(crate) T);

/// A JSON object, of which each call reads what it knows. Anything else reads as an empty one.
pub(crate) struct Members(Map<String, Value>);

/// A JSON body, or none at all.
pub(crate) struct OptionalJsonBody<T>(pub(crate) Option<T>);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        check_content_type(request.headers())?;
        parse(&read(request, state).await?).map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for Members {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        JsonBody::<Value>::from_request(request, state).await.map(|JsonBody(body)| body.into())
    }
}

impl From<Value> for Members {
    fn from(body: Value) -> Self {
        match body {
            Value::Object(members) => Self(members),
            _ => Self(Map::new()),
        }
    }
}

impl Deref for Members {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl Members {
    /// A text that is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A text that the call cannot do without.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name).ok_or_else(missing_parameter)
    }
}

pub(crate) fn missing_parameter() -> ApiError {
    ApiError::bad_request("Missing required parameter")
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for OptionalJsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let content_type = check_content_type(request.headers());
        let bytes = read(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        content_type?;
        parse(&bytes).map(|value| Self(Some(value)))
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let message = format!("the body is larger than {LARGEST} bytes");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message)
        }
        _ if body_was_too_slow(&rejection) => {
            ApiError::new(StatusCode::REQUEST_TIMEOUT, "the body came too slowly")
        }
        _ => ApiError::bad_request("the body could not be read"),
    })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| ApiError::bad_request(format!("malformed JSON: {error}")))
}

fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.split(';').next())
        .map(|text| text.trim().to_ascii_lowercase());
    match media_type.as_deref() {
        Some("application/json") => Ok(()),
        Some(other) if other.starts_with("application/") && other.ends_with("+json") => Ok(()),
        _ => Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::response::IntoResponse;

    #[tokio::test]
    async fn who_sends_too_slowly_is_told_so() {
        let late = futures::stream::iter([Err::<Bytes, _>(http_server::BodyTooSlow)]);
        let request = Request::builder()
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from_stream(late))
            .unwrap();
        let read = JsonBody::<Value>::from_request(request, &()).await;
        let status = read.err().unwrap().into_response().status();
        assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
    }
}

//! What every call passes on its way in and out.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use crate::problem::ApiError;

const REQUEST_ID: &str = "x-request-id";
const LONGEST_REQUEST_ID: usize = 64;

/// Gives each call a name, that of the caller if it brought one, logs how it went, and writes the
/// bodies of errors. The route is logged and not the path, for paths of report links are secret.
pub(crate) async fn pass(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request
        .headers()
        .get(REQUEST_ID)
        .filter(|id| is_request_id(id))
        .cloned()
        .unwrap_or_else(fresh_request_id);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let accept = request.headers().get(header::ACCEPT).cloned();
    let path = request.uri().path().to_owned();

    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        let (content_type, body) = error.render(accept.as_ref(), &path);
        *response.body_mut() = body;
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    tracing::info!(
        request_id = id.to_str().unwrap_or_default(),
        %method,
        route = route.as_ref().map_or("unknown", MatchedPath::as_str),
        status = response.status().as_u16(),
        milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn is_request_id(id: &HeaderValue) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    !id.is_empty() && id.len() <= LONGEST_REQUEST_ID && id.as_bytes().iter().all(plain)
}

fn fresh_request_id() -> HeaderValue {
    HeaderValue::from_str(&Uuid::new_v4().to_string())
        .expect("hexadecimal digits and hyphens are a header value")
}

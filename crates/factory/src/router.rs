//! Which call goes where, and what holds for all of them.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use factory_api::{Jwks, Message};
use uuid::Uuid;

use crate::error::ApiError;
use crate::factory::Factory;
use crate::{bodies, docs, order, support, vendor};

const REQUEST_ID: &str = "x-request-id";
const LONGEST_REQUEST_ID: usize = 64;

/// All calls of the factory.
pub(crate) fn router(factory: Arc<Factory>) -> Router {
    Router::new()
        .route("/api/order", post(order::place))
        .route("/api/order/verify", post(order::verify))
        .route("/.well-known/jwks.json", get(jwks))
        .route("/api/vendor", get(vendor::own))
        .route("/api/vendor/{id}", get(vendor::exists))
        .route("/api/vendor/chaos/{kind}", put(vendor::start_chaos))
        .route("/api/support/{token}/report/{code}", get(support::end_chaos))
        .route("/api/docs", get(docs::docs))
        .route("/livez", get(alive))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(bodies::LARGEST))
        .layer(middleware::from_fn(identify))
        .with_state(factory)
}

async fn jwks(State(factory): State<Arc<Factory>>) -> Json<Jwks> {
    Json(factory.baker.jwks().clone())
}

async fn alive() -> Json<Message> {
    Json(Message::new("alive"))
}

async fn unknown() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "unknown endpoint")
}

async fn wrong_method() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method not allowed")
}

/// Gives each call a name, that of the caller if it brought one, and logs how it went. The route
/// is logged and not the path, for paths of report links are secret.
async fn identify(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request
        .headers()
        .get(REQUEST_ID)
        .filter(|id| is_request_id(id))
        .cloned()
        .unwrap_or_else(fresh_request_id);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    tracing::info!(
        request_id = id.to_str().unwrap_or_default(),
        %method,
        route = route.as_ref().map_or("unknown", MatchedPath::as_str),
        status = response.status().as_u16(),
        milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    response.headers_mut().insert(REQUEST_ID, id);
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

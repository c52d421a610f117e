//! What happens to every request: it gets an id, is measured and logged, errors get their body, and browsers are
//! told what they may do.

use super::{Problem, cors::Cors, security_headers};
use crate::app::AppState;
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use std::{fmt, panic::AssertUnwindSafe, time::Instant};
use tracing::Instrument;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// For the log and the metrics only: the client left before it was answered.
const CLIENT_LEFT: u16 = 499;
/// The route of orders: whether they can be placed is what the service is judged by.
const ORDERS: &str = "/api/order";

/// The name of one request: in its answer, and in every log line about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(u64);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What the edge goes by.
#[derive(Clone)]
pub struct Edge {
    app: AppState,
    hsts: Option<HeaderValue>,
}

impl Edge {
    /// As the service is configured.
    pub fn new(app: AppState) -> Self {
        let hsts = app.config.http.hsts_max_age.map(security_headers::hsts);
        Self { app, hsts }
    }
}

/// Wraps every route.
pub async fn at_the_edge(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let mut underway = Underway::begin(edge.app, &request);
    request.extensions_mut().insert(underway.id);
    let accept = request.headers().get(header::ACCEPT).cloned();
    let allowed_origins = &underway.app.config.http.allowed_origins;
    let cors = Cors::of(request.method(), request.headers(), allowed_origins);

    let mut response = if underway.route.is_some() && cors.as_ref().is_some_and(Cors::is_preflight) {
        Cors::preflight_answer()
    } else {
        let span = tracing::info_span!("request", request_id = %underway.id);
        unpanicked(next.run(request)).instrument(span).await
    };
    give_body_to_problem(&mut response, accept.as_ref(), &underway.path);
    underway.status = response.status().as_u16();
    let headers = response.headers_mut();
    security_headers::add(headers, edge.hsts.as_ref());
    if let Some(cors) = cors {
        cors.add_to(headers);
    }
    if let Ok(id) = HeaderValue::from_str(&underway.id.to_string()) {
        headers.insert(X_REQUEST_ID, id);
    }
    response
}

/// A handler that panics is our fault, and no reason to hang up.
async fn unpanicked(answer: impl Future<Output = Response>) -> Response {
    let answered = AssertUnwindSafe(answer).catch_unwind().await;
    answered.unwrap_or_else(|_| {
        tracing::error!("type" = "unhandled", component = "http", "a handler panicked");
        Problem::internal().into_response()
    })
}

fn give_body_to_problem(response: &mut Response, accept: Option<&HeaderValue>, path: &str) {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let (content_type, body) = problem.render(accept, path);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = body;
    }
}

/// A request that is measured and logged once it is answered, or once nobody waits for its answer any more.
struct Underway {
    app: AppState,
    id: RequestId,
    begun: Instant,
    method: Method,
    path: String,
    route: Option<MatchedPath>,
    status: u16,
}

impl Underway {
    fn begin(app: AppState, request: &Request) -> Self {
        app.metrics.request_begun();
        Self {
            app,
            id: RequestId(fastrand::u64(..)),
            begun: Instant::now(),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            status: CLIENT_LEFT,
        }
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        let took = self.begun.elapsed();
        let route = self.route.as_ref().map_or("unmatched", MatchedPath::as_str);
        self.app.metrics.request_answered(method_label(&self.method), route, self.status, took);
        if route == ORDERS && self.method == Method::POST {
            self.app.metrics.order_request(self.status);
        }
        log(self.id, &self.method, &self.path, route, self.status, took.as_secs_f64() * 1e3);
    }
}

/// 4xx is a warning and 5xx an error, so that levels alone tell how the service is.
fn log(id: RequestId, method: &Method, path: &str, route: &str, status: u16, duration_ms: f64) {
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!("type" = "http", component = "http", request_id = %id, %method, path, route, status, duration_ms)
        };
    }
    match status {
        500.. => line!(error),
        400.. if status != CLIENT_LEFT => line!(warn),
        _ => line!(info),
    }
}

/// Methods are a label, so a stranger's invention must not become a new time series.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::HEAD => "HEAD",
        Method::PATCH => "PATCH",
        _ => "_OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;

    #[tokio::test]
    async fn a_handler_that_panics_is_an_internal_error_like_any_other() {
        let mut response = unpanicked(async { panic!("of a test") }).await;
        give_body_to_problem(&mut response, None, "/");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(response.into_body(), 1 << 16).await.expect("a body");
        assert!(!body.is_empty() && !body.windows(9).any(|part| part == b"of a test"));
    }
}

//! What happens to every request: it gets an id, is measured and logged, and errors get their body.

use super::Problem;
use crate::app::AppState;
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use std::{fmt, time::Instant};
use tracing::Instrument;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The name of one request: in its answer, and in every log line about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(u64);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Wraps every route.
pub async fn at_the_edge(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = RequestId(fastrand::u64(..));
    request.extensions_mut().insert(id);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let accept = request.headers().get(header::ACCEPT).cloned();

    app.metrics.request_begun();
    let span = tracing::info_span!("request", request_id = %id);
    let mut response = next.run(request).instrument(span).await;
    give_body_to_problem(&mut response, accept.as_ref(), &path);
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }

    let status = response.status().as_u16();
    let took = begun.elapsed();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    app.metrics.request_answered(method_label(&method), route, status, took);
    log(id, &method, &path, route, status, took.as_secs_f64() * 1e3);
    response
}

fn give_body_to_problem(response: &mut Response, accept: Option<&HeaderValue>, path: &str) {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let (content_type, body) = problem.render(accept, path);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = body;
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
        400.. => line!(warn),
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

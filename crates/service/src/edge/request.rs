//! What happens to every request: it gets an id, is measured and logged, errors get their body, and browsers are
//! told what they may do.

use super::{
    Problem,
    cors::Cors,
    exchange::{Exchange, look_into},
    security_headers,
};
use crate::{
    app::AppState,
    web::{page_headers, problem_page, wants_page},
};
use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};
use telemetry::{Span, TraceContext, redact};
use tracing::Instrument;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// For the log and the metrics only: the client left before it was answered.
const CLIENT_LEFT: u16 = 499;
/// The route of orders: whether they can be placed is what the service is judged by.
const ORDERS: &str = "/api/order";

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
    request.extensions_mut().insert(underway.exchange.clone());
    let accept = request.headers().get(header::ACCEPT).cloned();
    let allowed_origins = &underway.app.config.http.allowed_origins;
    // Pages are for nobody else's pages to read: they hold what their forms need.
    let is_page = underway.route.is_some() && !underway.uri.path().starts_with("/api");
    let cors = if is_page { None } else { Cors::of(request.method(), request.headers(), allowed_origins) };

    let mut response = if underway.route.is_some() && cors.as_ref().is_some_and(Cors::is_preflight) {
        Cors::preflight_answer()
    } else {
        let (id, trace) = (underway.exchange.id(), underway.exchange.trace());
        let span = tracing::info_span!("request", request_id = %id, trace_id = %trace.trace_id());
        underway.span.around(unpanicked(next.run(request)).instrument(span)).await
    };
    give_body_to_problem(&mut response, accept.as_ref(), underway.uri.path());
    underway.answered(&mut response).await;
    let headers = response.headers_mut();
    security_headers::add(headers, edge.hsts.as_ref());
    if let Some(cors) = cors {
        cors.add_to(headers);
    }
    if let Ok(id) = HeaderValue::from_str(&underway.exchange.id().to_string()) {
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
        let (content_type, body) = if wants_page(accept, path) {
            response.headers_mut().extend(page_headers());
            ("text/html; charset=utf-8", Body::from(problem_page(&problem)))
        } else {
            problem.render(accept, path)
        };
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = body;
    }
}

/// A request that is measured and logged once it is answered, or once nobody waits for its answer any more.
struct Underway {
    app: AppState,
    exchange: Exchange,
    span: Span,
    begun: Instant,
    method: Method,
    uri: Uri,
    route: Option<MatchedPath>,
    status: u16,
    response_body: Option<String>,
}

impl Underway {
    fn begin(app: AppState, request: &Request) -> Self {
        app.metrics.request_begun();
        let span = Span::server(method_label(request.method()), caller_s_trace(request.headers()));
        Self {
            exchange: Exchange::new(span.context(), app.config.log.bodies, request.headers()),
            app,
            span,
            begun: Instant::now(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            status: CLIENT_LEFT,
            response_body: None,
        }
    }

    async fn answered(&mut self, response: &mut Response) {
        let status = response.status().as_u16();
        if self.exchange.shows(status) {
            let (shown, body) = look_into(std::mem::replace(response.body_mut(), Body::empty())).await;
            (self.response_body, *response.body_mut()) = (shown, body);
        }
        self.status = status;
    }

    fn log(&self, route: &str, took: Duration) {
        let Self { exchange, method, status, response_body, .. } = self;
        let (id, trace_id) = (exchange.id(), exchange.trace().trace_id());
        let (path, duration_ms) = (redact::path(self.uri.path()), took.as_secs_f64() * 1e3);
        let request_body = if exchange.shows(*status) { exchange.request_body() } else { None };
        // 4xx is a warning and 5xx an error, so that levels alone tell how the service is.
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    "type" = "http",
                    component = "http",
                    request_id = %id,
                    trace_id = %trace_id,
                    %method,
                    path = &*path,
                    route,
                    status,
                    duration_ms,
                    has_authorization = exchange.has_authorization(),
                    user_id = exchange.user(),
                    request_body,
                    response_body,
                )
            };
        }
        match *status {
            500.. => line!(error),
            400.. if *status != CLIENT_LEFT => line!(warn),
            _ => line!(info),
        }
    }

    fn end_span(&self, method: &'static str, route: &str) {
        if !self.span.is_recording() {
            return self.span.end(None, None);
        }
        self.span.set("http.request.method", method);
        self.span.set("http.route", route.to_owned());
        self.span.set("url.path", redact::path(self.uri.path()).into_owned());
        self.span.set("url.scheme", "http");
        if self.status != CLIENT_LEFT {
            self.span.set("http.response.status_code", i64::from(self.status));
        }
        if let Some(user) = self.exchange.user() {
            self.span.set("user.id", user.to_string());
        }
        let failed = self.status >= 500;
        self.span.end(Some(format!("{method} {route}")), failed.then(|| self.status.to_string()));
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        let took = self.begun.elapsed();
        let method = method_label(&self.method);
        let route = self.route.as_ref().map_or("unmatched", MatchedPath::as_str);
        self.app.metrics.request_answered(method, route, self.status, took);
        if route == ORDERS && self.method == Method::POST {
            self.app.metrics.order_request(self.status);
        }
        let within = self.span.enter();
        self.log(route, took);
        drop(within);
        self.end_span(method, route);
    }
}

fn caller_s_trace(headers: &HeaderMap) -> Option<TraceContext> {
    TraceContext::parse(headers.get("traceparent")?.to_str().ok()?)
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

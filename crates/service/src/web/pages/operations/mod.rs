//! Operations: what the on-call engineer looks at, at 3 a.m. on a phone.
//!
//! Every page is for admins. What changes by itself is a part that htmx asks for again and again; without scripts the
//! page reloads itself. Every act is a form, is recorded as the API's acts are, and ends on the page it came from.

mod alerts;
mod chaos;
mod circuit;
mod incidents;
mod log;
mod now;
mod queue;
mod report;
mod show;

use super::super::{Form, Frame, frame::Stop, frame::own_path};
use crate::{app::AppState, auth::Session};
use axum::{
    Router,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::User;
use std::sync::Arc;

/// The pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/operations", get(now::show))
        .route("/operations/incidents", get(incidents::list))
        .route("/operations/incidents/{id}", get(incidents::show))
        .route("/operations/incidents/{id}/report", get(report::show))
        .route("/operations/incidents/{id}/report.md", get(report::download))
        .route("/operations/alerts", get(alerts::show))
        .route("/operations/circuit", get(circuit::show))
        .route("/operations/queue", get(queue::show_queued))
        .route("/operations/queue/{state}", get(queue::show))
        .route("/operations/log", get(log::show))
        .route("/operations/chaos", get(chaos::show))
        .route("/operations/chaos/start", get(chaos::ask))
}

/// What the engineer does.
pub fn acts() -> Router<AppState> {
    Router::new()
        .route("/operations/incidents/{id}/acknowledge", post(incidents::acknowledge))
        .route("/operations/incidents/{id}/end-chaos", post(incidents::end_chaos))
        .route("/operations/alerts/{rule}/pause", post(alerts::pause))
        .route("/operations/alerts/{rule}/resume", post(alerts::resume))
        .route("/operations/alerts/test", post(alerts::test))
        .route("/operations/circuit", post(circuit::set_mode))
        .route("/operations/circuit/chaos", post(circuit::set_chaos))
        .route("/operations/queue/pause", post(queue::pause))
        .route("/operations/queue/resume", post(queue::resume))
        .route("/operations/orders/{id}/redrive", post(queue::redrive))
        .route("/operations/orders/{id}/cancel", post(queue::cancel))
        .route("/operations/chaos", post(chaos::plan))
        .route("/operations/chaos/start", post(chaos::start))
        .route("/operations/chaos/stop", post(chaos::stop))
        .route("/operations/chaos/{id}/delete", post(chaos::delete))
}

/// Whoever may be here. A page whose session has ended reloads itself, rather than showing the login in a part of it.
fn admin(frame: &Frame) -> Result<&Arc<Session>, Stop> {
    if frame.wants_part && frame.session.is_none() {
        let reload = [(HeaderName::from_static("hx-refresh"), HeaderValue::from_static("true"))];
        return Err(Stop::Elsewhere(Box::new((StatusCode::NO_CONTENT, reload).into_response())));
    }
    frame.only(User::is_admin)
}

/// Back to where the form was, which says what came of it.
fn back(form: &Form, or: &str, notice: &str) -> Response {
    let next = match form.text("next") {
        "" => or,
        next => own_path(next),
    };
    form.frame.go_saying(next, notice)
}

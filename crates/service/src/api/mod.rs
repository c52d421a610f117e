//! The HTTP API, one file a noun.

mod act;
pub mod acts;
mod admin;
pub mod auth;
mod chaos;
pub mod docs;
pub mod extract;
pub mod franchises;
mod health;
pub mod menu;
mod openapi;
mod order_answer;
mod order_events;
pub mod order_request;
pub mod orders;
mod pages;
mod reference;
mod runbook;
mod schema;
mod status;
pub mod users;
mod views;

pub use health::metrics_alone;

use crate::{
    app::AppState,
    edge::{Edge, Problem, at_the_edge},
    web,
};
use admin::{alerts, audit, chaos_windows, circuit, incidents, queue};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Every route, and what all of them pass through.
pub fn router(app: AppState) -> Router {
    let body_limit = DefaultBodyLimit::max(app.config.http.body_limit);
    let (routes, _) = routes().split_for_parts();
    routes
        .merge(web::routes())
        .fallback(async || Problem::not_found("unknown endpoint"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method not allowed")
        })
        // The outermost first; as one layer, because each is a box that every request is put into.
        .layer((from_fn_with_state(Edge::new(app.clone()), at_the_edge), body_limit))
        .with_state(app)
}

/// Every route, with what the OpenAPI document says about it.
fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::Frame::openapi())
        .routes(routes!(docs::welcome))
        .routes(routes!(docs::docs))
        .routes(routes!(docs::page))
        .routes(routes!(docs::style))
        .routes(routes!(openapi::document))
        .routes(routes!(runbook::show))
        .routes(routes!(auth::register, auth::login, auth::logout))
        .routes(routes!(users::me))
        .routes(routes!(users::list))
        .routes(routes!(menu::show))
        .routes(routes!(franchises::list))
        .routes(routes!(franchises::list_of))
        .routes(routes!(orders::list, orders::place_order))
        .routes(routes!(orders::show))
        .routes(routes!(order_events::stream))
        .routes(routes!(circuit::show))
        .routes(routes!(queue::list))
        .routes(routes!(audit::list))
        .routes(routes!(alerts::list))
        .routes(routes!(incidents::list))
        .routes(routes!(incidents::show))
        .routes(routes!(incidents::report))
        .routes(routes!(status::show))
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .merge(administrative())
}

/// What may change more than the caller's own orders and sessions. It is recorded, so it is carried through.
fn administrative() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(users::update, users::delete))
        .routes(routes!(menu::add))
        .routes(routes!(menu::change, menu::withdraw))
        .routes(routes!(chaos::set))
        .routes(routes!(franchises::create))
        .routes(routes!(franchises::delete))
        .routes(routes!(franchises::create_store))
        .routes(routes!(franchises::delete_store))
        .routes(routes!(orders::cancel))
        .routes(routes!(circuit::set_mode))
        .routes(routes!(queue::pause))
        .routes(routes!(queue::resume))
        .routes(routes!(queue::redrive))
        .routes(routes!(queue::cancel))
        .routes(routes!(act::show, act::perform))
        .routes(routes!(alerts::pause))
        .routes(routes!(alerts::test))
        .routes(routes!(incidents::acknowledge))
        .routes(routes!(incidents::end_chaos))
        .routes(routes!(chaos_windows::list, chaos_windows::plan))
        .routes(routes!(chaos_windows::delete))
        .route_layer(from_fn(acts::carried_through))
}

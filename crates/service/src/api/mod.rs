//! The HTTP API, one file a noun.

mod acts;
mod admin;
mod auth;
mod chaos;
mod docs;
mod extract;
mod franchises;
mod health;
mod menu;
mod order_answer;
mod order_events;
mod order_request;
mod orders;
mod status;
mod users;
mod views;

use crate::{
    app::AppState,
    edge::{Edge, Problem, at_the_edge},
};
use admin::{audit, circuit, queue};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    routing::{delete, get, post, put},
};

/// Every route, and what all of them pass through.
pub fn router(app: AppState) -> Router {
    let body_limit = DefaultBodyLimit::max(app.config.http.body_limit);
    Router::new()
        .merge(administrative())
        .route("/", get(docs::welcome))
        .route("/api/docs", get(docs::docs))
        .route("/api/auth", post(auth::register).merge(put(auth::login)).merge(delete(auth::logout)))
        .route("/api/user/me", get(users::me))
        .route("/api/user", get(users::list))
        .route("/api/order/menu", get(menu::show))
        .route("/api/franchise", get(franchises::list))
        .route("/api/franchise/{id}", get(franchises::list_of))
        .route("/api/admin/circuit", get(circuit::show))
        .route("/api/admin/queue", get(queue::list))
        .route("/api/admin/audit", get(audit::list))
        .route("/api/order", get(orders::list).merge(post(orders::place_order)))
        .route("/api/order/{order_id}", get(orders::show).merge(delete(orders::cancel)))
        .route("/api/order/{order_id}/events", get(order_events::stream))
        .route("/api/status", get(status::show))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(async || Problem::not_found("unknown endpoint"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method not allowed")
        })
        // The outermost first; as one layer, because each is a box that every request is put into.
        .layer((from_fn_with_state(Edge::new(app.clone()), at_the_edge), body_limit))
        .with_state(app)
}

/// What changes more than the caller's own orders and sessions. It is recorded, so it is carried through.
fn administrative() -> Router<AppState> {
    Router::new()
        .route("/api/user/{id}", put(users::update).merge(delete(users::delete)))
        .route("/api/order/menu", put(menu::add))
        .route("/api/order/chaos/{state}", put(chaos::set))
        .route("/api/franchise", post(franchises::create))
        .route("/api/franchise/{id}", delete(franchises::delete))
        .route("/api/franchise/{id}/store", post(franchises::create_store))
        .route("/api/franchise/{id}/store/{store_id}", delete(franchises::delete_store))
        .route("/api/admin/circuit", put(circuit::set_mode))
        .route("/api/admin/queue/pause", post(queue::pause))
        .route("/api/admin/queue/resume", post(queue::resume))
        .route("/api/admin/queue/{order_id}/redrive", post(queue::redrive))
        .route("/api/admin/queue/{order_id}/cancel", post(queue::cancel))
        .route_layer(from_fn(acts::carried_through))
}

//! Which call goes where, and what holds for all of them.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{MethodFilter, MethodRouter, on};

use crate::api::{admin, badge, bodies, chaos, connect, docs, health, order, sign_in, support, vendor};
use crate::cors::cors;
use crate::edge;
use crate::endpoint::Endpoint;
use crate::factory::Factory;
use crate::problem::ApiError;

/// All calls of the factory.
pub(crate) fn router(factory: Arc<Factory>) -> Router {
    routes()
        .into_iter()
        .fold(Router::new(), |router, route| router.route(route.endpoint.path, route.handler))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(bodies::LARGEST))
        .layer(cors(factory.allowed_origins.clone()))
        .layer(middleware::from_fn(edge::pass))
        .with_state(factory)
}

/// What the calls are, for the documents: nothing can be called that is not in there.
pub(crate) fn endpoints() -> impl Iterator<Item = Endpoint> {
    routes().into_iter().map(|route| route.endpoint)
}

struct Route {
    endpoint: Endpoint,
    handler: MethodRouter<Arc<Factory>>,
}

fn routes() -> Vec<Route> {
    vec![
        route(order::PLACE, order::place),
        route(order::VERIFY, order::verify),
        route(order::JWKS, order::jwks),
        route(vendor::OWN, vendor::own),
        route(vendor::ADD, vendor::add),
        route(vendor::CHANGE, vendor::change),
        route(vendor::EXISTS, vendor::exists),
        route(sign_in::SEND_CODE, sign_in::send_code),
        route(sign_in::SIGN_IN, sign_in::sign_in),
        route(connect::CONNECT, connect::connect),
        route(connect::RATE, connect::rate),
        route(chaos::START, chaos::start),
        route(support::END_CHAOS, support::end_chaos),
        route(admin::VENDORS, admin::vendors),
        route(admin::SET_ROLES, admin::set_roles),
        route(admin::DELETE, admin::delete),
        route(badge::KEEP, badge::keep),
        route(badge::SHOW, badge::show),
        route(docs::DOCS, docs::docs),
        route(health::ALIVE, health::alive),
    ]
}

fn route<H, T>(endpoint: Endpoint, handler: H) -> Route
where
    H: Handler<T, Arc<Factory>>,
    T: 'static,
{
    let method = MethodFilter::try_from(endpoint.method.clone()).expect("the endpoints have common methods");
    Route { endpoint, handler: on(method, handler) }
}

async fn unknown() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "unknown endpoint")
}

async fn wrong_method() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method not allowed")
}

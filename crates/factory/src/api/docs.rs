//! `GET /api/docs`: the factory's calls, for people.

use axum::Json;
use axum::http::Method;
use serde_json::{Value, json};

use crate::endpoint::Endpoint;
use crate::router;

pub(crate) const DOCS: Endpoint = Endpoint {
    method: Method::GET,
    path: "/api/docs",
    requires_auth: false,
    description: "What can be called, and how.",
    example: "curl $factory/api/docs",
    response: r#"{"message": "welcome to the JWT Pizza Factory", "version": "1.0", "endpoints": []}"#,
};

/// Every call of the router, with an example.
pub(crate) async fn docs() -> Json<Value> {
    Json(json!({
        "message": "welcome to the JWT Pizza Factory",
        "version": env!("CARGO_PKG_VERSION"),
        "endpoints": router::endpoints().map(describe).collect::<Vec<_>>(),
    }))
}

fn describe(endpoint: Endpoint) -> Value {
    let response: Value =
        serde_json::from_str(endpoint.response).unwrap_or_else(|_| endpoint.response.into());
    json!({
        "method": endpoint.method.as_str(),
        "path": endpoint.path,
        "requiresAuth": endpoint.requires_auth,
        "description": endpoint.description,
        "example": endpoint.example,
        "response": response,
    })
}

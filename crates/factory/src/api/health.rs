//! `GET /livez`.

use axum::Json;
use axum::http::Method;
use factory_api::Message;

use crate::endpoint::Endpoint;

pub(crate) const ALIVE: Endpoint = Endpoint {
    method: Method::GET,
    path: "/livez",
    requires_auth: false,
    description: "Whether the factory is running.",
    example: "curl $factory/livez",
    response: r#"{"message": "alive"}"#,
};

/// Answers as long as the factory can answer at all.
pub(crate) async fn alive() -> Json<Message> {
    Json(Message::new("alive"))
}

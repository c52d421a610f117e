//! `PUT /api/vendor/chaos/{type}`: chaos on request.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Method;
use factory_api::{ChaosKind, ChaosRequest, Message, UnknownChaos};
use jiff::Timestamp;

use super::bodies::OptionalJsonBody;
use super::caller::{Caller, unreadable_path};
use crate::chaos::Window;
use crate::endpoint::Endpoint;
use crate::factory::Factory;
use crate::problem::ApiError;

pub(crate) const START: Endpoint = Endpoint {
    method: Method::PUT,
    path: "/api/vendor/chaos/{type}",
    requires_auth: true,
    description: "Plan chaos (badjwt, fail, throttle, down or flap), tomorrow morning (UTC) or as the body says: startDate, durationSeconds, probability, delaySeconds (throttle), periodSeconds (flap). It ends by itself, or with none.",
    example: r#"curl -X PUT $factory/api/vendor/chaos/fail -H "Authorization: Bearer $apiKey" -H "Content-Type: application/json" -d '{"durationSeconds":720}'"#,
    response: r#"{"message": "Chaos initiated"}"#,
};

/// Plans chaos for the caller in place of any there is, or ends it.
pub(crate) async fn start(
    State(factory): State<Arc<Factory>>,
    Caller(vendor): Caller,
    kind: Result<Path<String>, PathRejection>,
    OptionalJsonBody(request): OptionalJsonBody<ChaosRequest>,
) -> Result<Json<Message>, ApiError> {
    let Path(kind) = kind.map_err(unreadable_path)?;
    let kind: ChaosKind =
        kind.parse().map_err(|unknown: UnknownChaos| ApiError::bad_request(unknown.to_string()))?;
    if kind == ChaosKind::None {
        factory.set_chaos(&vendor.id, None).await?;
        tracing::info!(vendor = vendor.id, "chaos ended by its vendor");
        return Ok(Json(Message::new("Chaos ended")));
    }
    let window = Window::plan(kind, request, Timestamp::now()).map_err(ApiError::bad_request)?;
    tracing::info!(
        vendor = vendor.id,
        kind = kind.as_str(),
        start = %window.start,
        end = %window.end,
        "chaos initiated"
    );
    factory.set_chaos(&vendor.id, Some(window)).await?;
    Ok(Json(Message::new("Chaos initiated")))
}

//! The vendor calls: who am I, who exists, and chaos on request.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use factory_api::{ChaosKind, ChaosRequest, Message, UnknownChaos, VendorExists};
use jiff::Timestamp;

use crate::bodies::OptionalJsonBody;
use crate::chaos::Window;
use crate::error::ApiError;
use crate::factory::Factory;
use crate::vendors::Vendor;

/// The vendor whose API key the call carries.
pub(crate) struct Caller(pub(crate) Arc<Vendor>);

impl FromRequestParts<Arc<Factory>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, factory: &Arc<Factory>) -> Result<Self, ApiError> {
        parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .and_then(|(_, key)| factory.vendors.by_key(key.trim()))
            .map(Self)
            .ok_or_else(ApiError::unauthenticated)
    }
}

/// `GET /api/vendor`: the caller, with its chaos but without the code that ends it.
pub(crate) async fn own(Caller(vendor): Caller) -> Json<factory_api::Vendor> {
    let now = Timestamp::now();
    Json(factory_api::Vendor {
        id: vendor.id.clone(),
        name: vendor.name.clone(),
        roles: vec!["vendor".to_owned()],
        connections: BTreeMap::new(),
        chaos: vendor.chaos(now).map(|window| window.shown(now)),
    })
}

/// `GET /api/vendor/{id}`.
pub(crate) async fn exists(
    State(factory): State<Arc<Factory>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<VendorExists>, ApiError> {
    let Path(id) = id.map_err(unreadable_path)?;
    let exists = factory.vendors.by_id(&id).is_some();
    Ok(Json(VendorExists { exists }))
}

/// `PUT /api/vendor/chaos/{kind}`: plans chaos for the caller in place of any there is, or ends it.
pub(crate) async fn start_chaos(
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

pub(crate) fn unreadable_path(_: PathRejection) -> ApiError {
    ApiError::bad_request("the path cannot be read")
}

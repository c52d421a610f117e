//! Pairing vendors with one another for a purpose, such as testing each other's service.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::bodies::Members;
use super::caller::Caller;
use crate::endpoint::Endpoint;
use crate::factory::Factory;
use crate::ledger;
use crate::problem::ApiError;
use crate::profile::is_one_line;
use crate::vendors::{Connection, Vendor};

/// In characters.
const LONGEST_PURPOSE: usize = 50;
const MOST_CONNECTIONS: usize = 10;

pub(crate) const CONNECT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/api/vendor/connect",
    requires_auth: true,
    description: "Ask for a partner for a purpose: the vendor that has waited longest for one. While there is none the id is null; ask again, or wait to be asked for.",
    example: r#"curl -X POST $factory/api/vendor/connect -H "Authorization: Bearer $apiKey" -H "Content-Type: application/json" -d '{"purpose":"penetrationTest"}'"#,
    response: r#"{"id": "v1", "created": "2025-12-02T10:10:30Z", "roles": ["vendor"], "connections": {"penetrationTest": {"id": "v2", "purpose": "penetrationTest", "created": "2025-12-02T10:10:30Z", "name": "Other vendor"}}}"#,
};

pub(crate) const RATE: Endpoint = Endpoint {
    method: Method::PUT,
    path: "/api/vendor/connect",
    requires_auth: true,
    description: "Rate the partner for a purpose, 1 to 5; null takes the rating back.",
    example: r#"curl -X PUT $factory/api/vendor/connect -H "Authorization: Bearer $apiKey" -H "Content-Type: application/json" -d '{"id":"v2","purpose":"penetrationTest","rating":5}'"#,
    response: r#"{"id": "v1", "created": "2025-12-02T10:10:30Z", "roles": ["vendor"], "connections": {"penetrationTest": {"id": "v2", "purpose": "penetrationTest", "created": "2025-12-02T10:10:30Z", "name": "Other vendor", "rating": 5}}}"#,
};

/// Pairs the caller with who has waited longest, or lets it wait.
pub(crate) async fn connect(
    State(factory): State<Arc<Factory>>,
    Caller(caller): Caller,
    body: Members,
) -> Result<Json<factory_api::Vendor>, ApiError> {
    let purpose = purpose(&body)?;
    factory
        .change(async move |factory| {
            let vendor = factory.known(&caller.id)?;
            let wish = match vendor.connections.get(&purpose) {
                Some(connection) if connection.partner.is_some() => return Ok(factory.shown(&vendor)),
                Some(wish) => wish.clone(),
                None if vendor.connections.len() >= MOST_CONNECTIONS => return Err(too_many()),
                None => Connection { partner: None, created: ledger::now(), rating: None },
            };
            let changed = match factory.vendors.longest_waiting(&purpose, &vendor.id) {
                Some(partner) => {
                    let partner = Vendor::clone(&partner);
                    let theirs = Connection {
                        partner: Some(vendor.id.clone()),
                        ..partner.connections[&purpose].clone()
                    };
                    let ours = Connection { partner: Some(partner.id.clone()), ..wish };
                    vec![(partner, theirs), (vendor, ours)]
                }
                None => vec![(vendor, wish)],
            };
            keep(&factory, &purpose, changed).await?;
            Ok(factory.shown(&factory.known(&caller.id)?))
        })
        .await
}

/// Sets what the caller thinks of its partner.
pub(crate) async fn rate(
    State(factory): State<Arc<Factory>>,
    Caller(caller): Caller,
    body: Members,
) -> Result<Json<factory_api::Vendor>, ApiError> {
    let purpose = purpose(&body)?;
    let partner = body.required("id")?.to_owned();
    let rating = rating(body.get("rating"))?;
    factory
        .change(async move |factory| {
            let vendor = factory.known(&caller.id)?;
            let ours =
                vendor.connections.get(&purpose).filter(|ours| ours.partner.as_ref() == Some(&partner));
            let Some(ours) = ours else {
                return Err(ApiError::new(StatusCode::NOT_FOUND, "Unknown connection"));
            };
            let rated = Connection { rating, ..ours.clone() };
            keep(&factory, &purpose, vec![(vendor, rated)]).await?;
            Ok(factory.shown(&factory.known(&caller.id)?))
        })
        .await
}

async fn keep(factory: &Factory, purpose: &str, ends: Vec<(Vendor, Connection)>) -> Result<(), ApiError> {
    let rows = ends.iter().map(|(vendor, end)| (vendor.id.clone(), purpose.to_owned(), end.clone()));
    let kept = factory.ledger.keep_connections(rows.collect()).await;
    kept.map_err(|error| ApiError::internal(&error))?;
    for (mut vendor, end) in ends {
        vendor.connections.insert(purpose.to_owned(), end);
        factory.vendors.put(vendor);
    }
    Ok(())
}

fn purpose(body: &Members) -> Result<String, ApiError> {
    body.text("purpose")
        .filter(|purpose| is_one_line(purpose, LONGEST_PURPOSE))
        .map(str::to_owned)
        .ok_or_else(|| ApiError::bad_request("Invalid purpose"))
}

fn rating(value: Option<&Value>) -> Result<Option<u8>, ApiError> {
    match value {
        Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            Some(stars @ 1..=5) => Ok(u8::try_from(stars).ok()),
            _ => Err(invalid_rating()),
        },
        None => Err(invalid_rating()),
    }
}

fn invalid_rating() -> ApiError {
    ApiError::bad_request("a rating is a whole number from 1 to 5, or null")
}

fn too_many() -> ApiError {
    ApiError::new(StatusCode::CONFLICT, format!("a vendor has at most {MOST_CONNECTIONS} connections"))
}

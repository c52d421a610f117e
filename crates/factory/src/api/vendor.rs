//! Who vendors are: whether there is one, registering, and what a vendor tells about itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use factory_api::VendorExists;
use secrecy::ExposeSecret;

use super::bodies::Members;
use super::caller::{Caller, unreadable_path};
use crate::endpoint::Endpoint;
use crate::factory::Factory;
use crate::ledger;
use crate::problem::ApiError;
use crate::profile::{self, Profile};
use crate::secret::{self, Fingerprint};
use crate::vendors::Vendor;

pub(crate) const OWN: Endpoint = Endpoint {
    method: Method::GET,
    path: "/api/vendor",
    requires_auth: true,
    description: "The vendor whose key this is, with its roles, connections and chaos.",
    example: r#"curl $factory/api/vendor -H "Authorization: Bearer $apiKey""#,
    response: r#"{"id": "v1", "name": "Vendor", "created": "2025-12-02T10:10:30Z", "roles": ["vendor"], "connections": {}}"#,
};

pub(crate) const EXISTS: Endpoint = Endpoint {
    method: Method::GET,
    path: "/api/vendor/{id}",
    requires_auth: false,
    description: "Whether there is such a vendor.",
    example: "curl $factory/api/vendor/v1",
    response: r#"{"exists": true}"#,
};

pub(crate) const ADD: Endpoint = Endpoint {
    method: Method::POST,
    path: "/api/vendor",
    requires_auth: false,
    description: "Register a vendor: id and, if it likes, name, gitHubUrl, website, phone, email. Its key comes with signing in.",
    example: r#"curl -X POST $factory/api/vendor -H "Content-Type: application/json" -d '{"id":"v1","name":"Vendor","email":"v1@example.com"}'"#,
    response: r#"{"id": "v1", "name": "Vendor", "email": "v1@example.com", "created": "2025-12-02T10:10:30Z", "roles": ["vendor"], "connections": {}}"#,
};

pub(crate) const CHANGE: Endpoint = Endpoint {
    method: Method::PUT,
    path: "/api/vendor",
    requires_auth: true,
    description: "Change what a vendor tells about itself; only the fields that are there change, and null removes one. An administrator may give another vendor's id.",
    example: r#"curl -X PUT $factory/api/vendor -H "Authorization: Bearer $apiKey" -H "Content-Type: application/json" -d '{"website":"https://pizza.example.com","phone":null}'"#,
    response: r#"{"id": "v1", "website": "https://pizza.example.com", "created": "2025-12-02T10:10:30Z", "roles": ["vendor"], "connections": {}}"#,
};

/// The caller, with its chaos but without the code that ends it.
pub(crate) async fn own(
    State(factory): State<Arc<Factory>>,
    Caller(vendor): Caller,
) -> Json<factory_api::Vendor> {
    factory.shown(&vendor)
}

pub(crate) async fn exists(
    State(factory): State<Arc<Factory>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<VendorExists>, ApiError> {
    let Path(id) = id.map_err(unreadable_path)?;
    let exists = factory.vendors.by_id(&id).is_some();
    Ok(Json(VendorExists { exists }))
}

/// Registers a vendor. Anybody may, and gets nothing but the name: the key goes to who can read
/// the vendor's mail.
pub(crate) async fn add(
    State(factory): State<Arc<Factory>>,
    body: Members,
) -> Result<Json<factory_api::Vendor>, ApiError> {
    let id = profile::new_id(&body)?;
    let mut profile = Profile::default();
    profile.change(&body)?;
    let vendor = new_vendor(&factory, id, profile);
    factory
        .change(async move |factory| {
            if factory.vendors.by_id(&vendor.id).is_some() {
                return Err(ApiError::new(StatusCode::CONFLICT, "Vendor already exists"));
            }
            if factory.vendors.count() >= factory.most_vendors {
                return Err(ApiError::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "There is no room for more vendors",
                ));
            }
            let added = factory.ledger.add_vendor(vendor.clone()).await;
            added.map_err(|error| ApiError::internal(&error))?;
            tracing::info!(vendor = vendor.id, "a vendor registered");
            let shown = factory.shown(&vendor);
            factory.vendors.put(vendor);
            Ok(shown)
        })
        .await
}

/// Changes what the caller, or for an administrator any vendor, tells about itself.
pub(crate) async fn change(
    State(factory): State<Arc<Factory>>,
    Caller(caller): Caller,
    body: Members,
) -> Result<Json<factory_api::Vendor>, ApiError> {
    let id = body.text("id").unwrap_or(&caller.id).to_owned();
    if id != caller.id && !caller.is_admin {
        return Err(ApiError::unauthorized());
    }
    factory
        .change(async move |factory| {
            let mut vendor = factory.known(&id)?;
            vendor.profile.change(&body)?;
            factory.keep(vendor).await
        })
        .await
}

fn new_vendor(factory: &Factory, id: &str, profile: Profile) -> Vendor {
    let key_salt = secret::fresh();
    let key = Fingerprint::of(factory.vendor_keys.key_of(&key_salt).expose_secret());
    Vendor {
        id: id.to_owned(),
        profile,
        created: ledger::now(),
        is_admin: false,
        keys: [key; 2],
        key_salt,
        report_token: secret::fresh(),
        connections: [].into(),
        window: None,
    }
}

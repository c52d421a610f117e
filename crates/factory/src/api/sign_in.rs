//! Signing in by a one-time code: how a vendor gets its key.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, Method, StatusCode, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

use super::bodies::Members;
use crate::endpoint::Endpoint;
use crate::factory::Factory;
use crate::mail::Letter;
use crate::problem::ApiError;

pub(crate) const SEND_CODE: Endpoint = Endpoint {
    method: Method::POST,
    path: "/api/vendor/code",
    requires_auth: false,
    description: "Have a one-time code sent to a vendor. It is good for ten minutes.",
    example: r#"curl -X POST $factory/api/vendor/code -H "Content-Type: application/json" -d '{"id":"v1"}'"#,
    response: r#"{"message": "If there is such a vendor, a code is on its way.", "email": "the address of that vendor"}"#,
};

pub(crate) const SIGN_IN: Endpoint = Endpoint {
    method: Method::POST,
    path: "/api/vendor/auth",
    requires_auth: false,
    description: "Sign in with the code: the vendor with its key.",
    example: r#"curl -X POST $factory/api/vendor/auth -H "Content-Type: application/json" -d '{"id":"v1","code":"K7QF2M9X"}'"#,
    response: r#"{"id": "v1", "name": "Vendor", "created": "2025-12-02T10:10:30Z", "roles": ["vendor"], "connections": {}, "apiKey": "key here"}"#,
};

/// The same for everybody, so that it tells neither who is a vendor nor its address. Historic
/// clients show `email`.
#[derive(Serialize)]
pub(crate) struct CodeSent {
    message: &'static str,
    email: &'static str,
}

/// A vendor with its key. This and the `Authorization` header are the only places for one.
#[derive(Serialize)]
pub(crate) struct SignedIn {
    #[serde(flatten)]
    vendor: factory_api::Vendor,
    #[serde(rename = "apiKey", serialize_with = "exposed")]
    api_key: SecretString,
}

/// Sends the vendor a code. It goes on its way on its own, so that not even the time tells whether
/// there is one.
pub(crate) async fn send_code(
    State(factory): State<Arc<Factory>>,
    body: Members,
) -> Result<Json<CodeSent>, ApiError> {
    let id = body.text("id").ok_or_else(|| ApiError::bad_request("Missing param. Must have ID"))?.to_owned();
    factory.under_way.spawn(send(factory.clone(), id));
    Ok(Json(CodeSent {
        message: "If there is such a vendor, a code is on its way.",
        email: "the address of that vendor",
    }))
}

/// Exchanges a code for the key.
pub(crate) async fn sign_in(
    State(factory): State<Arc<Factory>>,
    body: Members,
) -> Result<([(HeaderName, &'static str); 1], Json<SignedIn>), ApiError> {
    let invalid = || ApiError::new(StatusCode::UNAUTHORIZED, "Invalid code");
    let (id, code) = body.text("id").zip(body.text("code")).ok_or_else(invalid)?;
    let now = Timestamp::now();
    if !factory.codes.redeem(id, code, now) {
        return Err(invalid());
    }
    let vendor = factory.vendors.by_id(id).ok_or_else(invalid)?;
    tracing::info!(vendor = vendor.id, "a vendor signed in");
    let signed_in = SignedIn {
        vendor: factory.vendors.shown(&vendor, now),
        api_key: factory.vendor_keys.key_of(&vendor.key_salt),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(signed_in)))
}

async fn send(factory: Arc<Factory>, vendor_id: String) {
    let Some(vendor) = factory.vendors.by_id(&vendor_id) else {
        return;
    };
    match factory.codes.to_send(&vendor_id, Timestamp::now()) {
        Ok(Some(code)) => {
            let to = vendor.profile.email.clone();
            factory.mail.deliver(Letter { vendor_id, to, code }).await;
        }
        Ok(None) => tracing::debug!(vendor = vendor_id, "a code was sent only just now"),
        Err(error) => tracing::error!(%error, "a one-time code could not be made"),
    }
}

fn exposed<S: Serializer>(key: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(key.expose_secret())
}

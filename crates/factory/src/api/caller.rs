//! Who calls.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::extract::rejection::PathRejection;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use crate::factory::Factory;
use crate::problem::ApiError;
use crate::vendors::Vendor;

/// The vendor whose API key the call carries.
pub(crate) struct Caller(pub(crate) Arc<Vendor>);

/// A caller that is an administrator. Anybody else's key is as bad as none, as it always was here.
pub(crate) struct Admin(pub(crate) Arc<Vendor>);

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

impl FromRequestParts<Arc<Factory>> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, factory: &Arc<Factory>) -> Result<Self, ApiError> {
        match Caller::from_request_parts(parts, factory).await? {
            Caller(vendor) if vendor.is_admin => Ok(Self(vendor)),
            Caller(_) => Err(ApiError::unauthenticated()),
        }
    }
}

pub(crate) fn unreadable_path(_: PathRejection) -> ApiError {
    ApiError::bad_request("the path cannot be read")
}

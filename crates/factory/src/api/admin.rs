//! What administrators do: see all vendors, make administrators, delete.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::Value;

use super::bodies::{Members, missing_parameter};
use super::caller::Admin;
use crate::endpoint::Endpoint;
use crate::factory::Factory;
use crate::problem::ApiError;
use crate::vendors::Vendor;

pub(crate) const VENDORS: Endpoint = Endpoint {
    method: Method::GET,
    path: "/api/admin/vendors",
    requires_auth: true,
    description: "All vendors, without their keys. For administrators.",
    example: r#"curl $factory/api/admin/vendors -H "Authorization: Bearer $adminKey""#,
    response: r#"[{"id": "v1", "name": "Vendor", "created": "2025-12-02T10:10:30Z", "roles": ["vendor"], "connections": {}}]"#,
};

pub(crate) const SET_ROLES: Endpoint = Endpoint {
    method: Method::PUT,
    path: "/api/admin/role",
    requires_auth: true,
    description: "Make a vendor an administrator, or no longer one. For administrators; the last one stays.",
    example: r#"curl -X PUT $factory/api/admin/role -H "Authorization: Bearer $adminKey" -H "Content-Type: application/json" -d '{"id":"v1","roles":["vendor","admin"]}'"#,
    response: r#"{"id": "v1", "created": "2025-12-02T10:10:30Z", "roles": ["vendor", "admin"], "connections": {}}"#,
};

pub(crate) const DELETE: Endpoint = Endpoint {
    method: Method::DELETE,
    path: "/api/admin/vendor",
    requires_auth: true,
    description: "Delete a vendor's connections (all, or those for one purpose), its chaos, or all of it. For administrators.",
    example: r#"curl -X DELETE $factory/api/admin/vendor -H "Authorization: Bearer $adminKey" -H "Content-Type: application/json" -d '{"id":"v1","deleteType":"connection","purpose":"penetrationTest"}'"#,
    response: r#""204, without a body""#,
};

pub(crate) async fn vendors(
    State(factory): State<Arc<Factory>>,
    Admin(_): Admin,
) -> Json<Vec<factory_api::Vendor>> {
    let now = Timestamp::now();
    Json(factory.vendors.all().iter().map(|vendor| factory.vendors.shown(vendor, now)).collect())
}

/// Gives a vendor the roles, of which it always keeps `vendor`.
pub(crate) async fn set_roles(
    State(factory): State<Arc<Factory>>,
    Admin(admin): Admin,
    body: Members,
) -> Result<Json<factory_api::Vendor>, ApiError> {
    let id = body.required("id")?.to_owned();
    let is_admin = wants_admin(body.get("roles"))?;
    factory
        .change(async move |factory| {
            let vendor = factory.known(&id)?;
            if vendor.is_admin && !is_admin {
                another_admin_stays(&factory, &vendor)?;
            }
            let shown = factory.keep(Vendor { is_admin, ..vendor }).await?;
            tracing::warn!(vendor = id, is_admin, by = admin.id, "roles set");
            Ok(shown)
        })
        .await
}

/// Deletes a part of a vendor, or all.
pub(crate) async fn delete(
    State(factory): State<Arc<Factory>>,
    Admin(admin): Admin,
    body: Members,
) -> Result<StatusCode, ApiError> {
    let id = body.required("id")?.to_owned();
    let what = body.required("deleteType")?.to_owned();
    let known = factory.known(&id)?;
    match &*what {
        "connection" => disconnect(&factory, id.clone(), body.text("purpose").map(str::to_owned)).await?,
        "chaos" => factory.set_chaos(&known.id, None).await?,
        "all" => forget(&factory, id.clone()).await?,
        _ => return Err(missing_parameter()),
    }
    tracing::warn!(vendor = id, what, by = admin.id, "deleted");
    Ok(StatusCode::NO_CONTENT)
}

async fn disconnect(factory: &Arc<Factory>, id: String, purpose: Option<String>) -> Result<(), ApiError> {
    factory
        .change(async move |factory| {
            let forgotten = factory.ledger.forget_connections(id.clone(), purpose.clone()).await;
            forgotten.map_err(|error| ApiError::internal(&error))?;
            factory.vendors.disconnect(&id, purpose.as_deref());
            Ok(())
        })
        .await
}

async fn forget(factory: &Arc<Factory>, id: String) -> Result<(), ApiError> {
    factory
        .change(async move |factory| {
            let vendor = factory.known(&id)?;
            if vendor.is_admin {
                another_admin_stays(&factory, &vendor)?;
            }
            let forgotten = factory.ledger.forget_vendor(id.clone()).await;
            forgotten.map_err(|error| ApiError::internal(&error))?;
            factory.vendors.remove(&id);
            factory.codes.forget(&id);
            Ok(())
        })
        .await
}

fn another_admin_stays(factory: &Factory, leaving: &Vendor) -> Result<(), ApiError> {
    if factory.vendors.all().iter().any(|vendor| vendor.is_admin && vendor.id != leaving.id) {
        return Ok(());
    }
    Err(ApiError::new(StatusCode::CONFLICT, "The last administrator must stay"))
}

/// A role that does not exist is refused, or a slip of the pen would take somebody's rights away.
fn wants_admin(roles: Option<&Value>) -> Result<bool, ApiError> {
    let roles = roles.and_then(Value::as_array).ok_or_else(missing_parameter)?;
    if roles.iter().any(|role| role != "vendor" && role != "admin") {
        return Err(ApiError::bad_request("a role is vendor or admin"));
    }
    Ok(roles.iter().any(|role| role == "admin"))
}

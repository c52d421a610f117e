//! `GET /api/support/{reportToken}/report/{fixCode}`: the link by which an engineer ends the chaos.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Method;
use factory_api::Message;
use jiff::Timestamp;

use super::caller::unreadable_path;
use crate::endpoint::Endpoint;
use crate::factory::Factory;
use crate::problem::ApiError;
use crate::secret;

pub(crate) const END_CHAOS: Endpoint = Endpoint {
    method: Method::GET,
    path: "/api/support/{reportToken}/report/{fixCode}",
    requires_auth: false,
    description: "End the chaos that a reportUrl came with.",
    example: "curl $reportUrl",
    response: r#"{"message": "Problem resolved. Pizza is back on the menu!"}"#,
};

/// The token says whose chaos, the code allows ending it. A token that is nobody's is answered like
/// a wrong code, so that tokens cannot be probed.
pub(crate) async fn end_chaos(
    State(factory): State<Arc<Factory>>,
    link: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<Message>, ApiError> {
    let Path((token, code)) = link.map_err(unreadable_path)?;
    let unresolved = || ApiError::bad_request("Problem unresolved");
    let vendor = factory.vendors.by_report(&token).ok_or_else(unresolved)?;
    let now = Timestamp::now();
    let running = vendor.chaos(now).filter(|window| window.is_active(now));
    let Some(window) = running else {
        return Ok(Json(Message::new("No chaos currently executing")));
    };
    if !secret::same(&window.fix_code, &code) {
        return Err(unresolved());
    }
    factory.set_chaos(&vendor.id, None).await?;
    tracing::info!(vendor = vendor.id, "chaos ended by its report link");
    Ok(Json(Message::new("Problem resolved. Pizza is back on the menu!")))
}

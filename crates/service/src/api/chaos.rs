//! The chaos switch: this service fails half of its own calls to the factory, for drills.

use super::{
    acts::{Acts, forbidden},
    extract::{Caller, Path},
};
use crate::{app::AppState, edge::Problem};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// Whether there is chaos.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "chaos": true }))]
pub struct Chaos {
    chaos: bool,
}

/// Make half of the calls to the factory fail, for a drill (admin)
#[utoipa::path(
    put, path = "/api/order/chaos/{state}", tag = "administration", security(("session" = [])),
    params(("state" = bool, Path, description = "Whether there shall be chaos", example = true)),
    responses(
        (status = 200, description = "Whether there is chaos now", body = Chaos),
        (status = 400, description = "The state is neither true nor false."),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn set(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Path(state): Path<String>,
) -> Result<axum::Json<Chaos>, Problem> {
    if !session.user.is_admin() {
        return Err(forbidden("unable to change the chaos"));
    }
    let (chaos, action) = match state.as_str() {
        "true" => (true, "chaos.begin"),
        "false" => (false, "chaos.end"),
        _ => return Err(Problem::bad_request("chaos is either true or false")),
    };
    app.kitchen.set_chaos(chaos);
    acts.record(&session, action, "factory calls", None).await;
    Ok(axum::Json(Chaos { chaos }))
}

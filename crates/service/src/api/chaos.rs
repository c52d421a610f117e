//! The chaos switch: this service fails half of its own calls to the factory, for drills.

use super::{
    acts::{Acts, forbidden},
    extract::{Caller, Path},
};
use crate::{app::AppState, edge::Problem};
use axum::extract::State;
use serde::Serialize;

/// Whether there is chaos.
#[derive(Serialize)]
pub struct Chaos {
    chaos: bool,
}

/// `PUT /api/order/chaos/{state}`
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

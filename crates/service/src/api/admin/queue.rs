//! The queue: what waits, what needs a person, and what a person may do about it.

use crate::{
    api::{
        acts::{Acts, Admin},
        extract::{Path, Query, clamped, path_id},
        schema,
        views::{Message, OrderView},
    },
    app::AppState,
    edge::Problem,
};
use axum::{extract::State, http::StatusCode};
use domain::{OrderId, OrderState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Cancellation, OrderRecord, Redrive};
use utoipa::{IntoParams, ToSchema};

const PER_PAGE: u32 = 50;
const MAX_PAGE: u32 = 1_000_000;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QueueQuery {
    /// The state of the orders to list: queued (the default), making or quarantined.
    #[param(example = "queued", pattern = "^(queued|making|quarantined)$")]
    state: Option<String>,
    /// Counts from 1. What is no number reads as the default.
    #[param(example = "1")]
    page: Option<String>,
}

/// A page of the orders in one state, those that were placed first coming first.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "paused": false, "queued": 1, "making": 0, "quarantined": 0, "state": "queued", "page": 1, "more": false,
    "orders": [{
        "id": 12, "dinerId": 4, "franchiseId": 1, "storeId": 1, "date": "2025-12-02T10:10:30Z",
        "items": [{ "id": 31, "menuId": 1, "description": "Veggie", "price": 0.0038 }],
        "status": "queued", "attempts": 1, "queuedAt": "2025-12-02T10:10:30Z", "reason": "status: chaos monkey",
    }],
}))]
#[serde(rename_all = "camelCase")]
pub struct QueuePage {
    /// Whether the backlog of this instance is paused.
    paused: bool,
    /// Orders in each state.
    queued: u64,
    making: u64,
    quarantined: u64,
    /// The state of the orders on this page.
    #[schema(schema_with = schema::order_status)]
    state: OrderState,
    page: u32,
    orders: Vec<QueuedOrder>,
    more: bool,
}

/// An order as the on-call engineer sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueuedOrder {
    #[serde(flatten)]
    order: OrderView,
    diner_id: i64,
    /// Calls to the factory that were made for it.
    attempts: u32,
    #[schema(schema_with = schema::timestamp)]
    queued_at: Timestamp,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Whether the backlog is paused.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "paused": true }))]
pub struct Paused {
    paused: bool,
}

/// What waits, and what needs a person (admin)
#[utoipa::path(
    get, path = "/api/admin/queue", tag = "administration", security(("session" = [])),
    params(QueueQuery),
    responses(
        (status = 200, description = "Fifty orders, those that were placed first coming first", body = QueuePage),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    _: Admin,
    Query(query): Query<QueueQuery>,
) -> Result<axum::Json<QueuePage>, Problem> {
    let state = unfinished(query.state.as_deref().unwrap_or("queued"))?;
    let page = clamped(query.page.as_deref(), 1, 1..=MAX_PAGE);
    let orders = app.store.orders_in(state, page, PER_PAGE).await?;
    let stats = app.store.queue_stats().await?;
    Ok(axum::Json(QueuePage {
        paused: app.kitchen.is_paused(),
        queued: stats.queued,
        making: stats.making,
        quarantined: stats.quarantined,
        state,
        page,
        orders: orders.orders.into_iter().map(QueuedOrder::from).collect(),
        more: orders.more,
    }))
}

/// Pause the backlog (admin)
///
/// Nothing leaves it but the probes without which a closed kitchen could not reopen; new orders are made as before.
/// It is this instance's backlog, and a restart resumes.
#[utoipa::path(
    post, path = "/api/admin/queue/pause", tag = "administration", security(("session" = [])),
    responses(
        (status = 200, description = "It is paused", body = Paused),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn pause(State(app): State<AppState>, acts: Acts, Admin(session): Admin) -> axum::Json<Paused> {
    app.kitchen.pause();
    acts.record(&session, "queue.pause", "queue", None).await;
    axum::Json(Paused { paused: true })
}

/// Resume the backlog (admin)
#[utoipa::path(
    post, path = "/api/admin/queue/resume", tag = "administration", security(("session" = [])),
    responses(
        (status = 200, description = "It moves again", body = Paused, example = json!({ "paused": false })),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn resume(State(app): State<AppState>, acts: Acts, Admin(session): Admin) -> axum::Json<Paused> {
    app.kitchen.resume();
    acts.record(&session, "queue.resume", "queue", None).await;
    axum::Json(Paused { paused: false })
}

/// Send a quarantined order to the kitchen again (admin)
#[utoipa::path(
    post, path = "/api/admin/queue/{id}/redrive", tag = "administration", security(("session" = [])),
    params(("id" = i64, Path, description = "The order", example = 12)),
    responses(
        (status = 200, description = "It is queued again", body = Message, example = json!({ "message": "order queued again" })),
        (status = 403, description = "Only an admin may do that."),
        (status = 404, description = "There is no such order."),
        (status = 409, description = "It is not in quarantine."),
    ),
)]
pub async fn redrive(
    State(app): State<AppState>,
    acts: Acts,
    Admin(session): Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<Message>, Problem> {
    let id = path_id(&id, OrderId, "unknown order")?;
    match app.store.redrive_order(id).await? {
        Redrive::Queued => {
            app.kitchen.order_changed(id);
            acts.record(&session, "order.redrive", format!("order {id}"), None).await;
            Ok(axum::Json(Message::new("order queued again")))
        }
        Redrive::NotQuarantined(state) => Err(conflict(format!("the order is {state}, not quarantined"))),
        Redrive::Unknown => Err(Problem::not_found("unknown order")),
    }
}

/// Cancel an order that is not being made (admin)
#[utoipa::path(
    post, path = "/api/admin/queue/{id}/cancel", tag = "administration", security(("session" = [])),
    params(("id" = i64, Path, description = "The order", example = 12)),
    responses(
        (status = 200, description = "It is cancelled", body = Message, example = json!({ "message": "order cancelled" })),
        (status = 403, description = "Only an admin may do that."),
        (status = 404, description = "There is no such order."),
        (status = 409, description = "It is being made or has ended."),
    ),
)]
pub async fn cancel(
    State(app): State<AppState>,
    acts: Acts,
    Admin(session): Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<Message>, Problem> {
    let id = path_id(&id, OrderId, "unknown order")?;
    match app.store.cancel_order(id).await? {
        Cancellation::Cancelled => {
            app.kitchen.order_changed(id);
            app.metrics.order("cancelled");
            acts.record(&session, "order.cancel", format!("order {id}"), None).await;
            Ok(axum::Json(Message::new("order cancelled")))
        }
        Cancellation::TooLate(state) => {
            Err(conflict(format!("the order is {state} and cannot be cancelled any more")))
        }
        Cancellation::Unknown => Err(Problem::not_found("unknown order")),
    }
}

/// A state in which orders wait for something. The others are a history without end.
fn unfinished(word: &str) -> Result<OrderState, Problem> {
    let state = word.parse::<OrderState>().ok().filter(|state| !state.is_final());
    state.ok_or_else(|| Problem::bad_request("state must be queued, making or quarantined"))
}

fn conflict(message: String) -> Problem {
    Problem::new(StatusCode::CONFLICT, message)
}

impl From<OrderRecord> for QueuedOrder {
    fn from(order: OrderRecord) -> Self {
        Self {
            diner_id: order.diner.0,
            attempts: order.attempts,
            queued_at: order.queued_at,
            reason: order.reason.clone(),
            order: OrderView::for_admin(order),
        }
    }
}

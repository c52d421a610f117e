//! Orders: place, look at, cancel.

use super::{
    acts::Acts,
    extract::{Caller, Json, Path, Query, clamped, path_id},
    order_answer::{Answer, PlacedOrder, made},
    order_request::{PlaceOrder, Wanted, patience},
    schema,
    views::{Message, OrderDetails, OrderView, from_now},
};
use crate::{
    app::AppState,
    auth::Session,
    config::WhenClosed,
    edge::{Exchange, Problem},
    fulfilment::{KitchenState, Made, Receipt},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{OrderId, OrderState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Instant;
use store::{Cancellation, OrderRecord, Placed};
use utoipa::{IntoParams, ToSchema};

const PER_PAGE: u32 = 10;
const MAX_PAGE: u32 = 1_000_000;
const LOOKING_INTO_IT: &str =
    "Your order is saved. It takes longer than it should, and we are looking into it.";

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Counts from 1. What is no number reads as the default.
    #[param(example = "1")]
    page: Option<String>,
}

/// A page of a diner's orders, newest first.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "dinerId": 4, "page": 1,
    "orders": [{
        "id": 12, "franchiseId": 1, "storeId": 1, "date": "2025-12-02T10:10:30Z",
        "items": [{ "id": 31, "menuId": 1, "description": "Veggie", "price": 0.0038 }],
        "status": "fulfilled", "jwt": "1111111111",
    }],
}))]
#[serde(rename_all = "camelCase")]
pub struct OrderHistory {
    diner_id: i64,
    orders: Vec<OrderView>,
    #[schema(schema_with = schema::echoed_page)]
    page: Value,
}

/// Order pizzas
///
/// The order is durable before anything is sent to the factory. Then the diner waits for the pizza for as
/// long as they like, within bounds; after that they get the order's address instead. Titles and prices are
/// the menu's, whatever the client sends.
#[utoipa::path(
    post, path = "/api/order", tag = "orders", security(("session" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable characters: the same key and body stand for the same order for 24 h", min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "my-order-1"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: seconds to wait for the pizza, at most 30; `respond-async`: do not wait", example = "wait=3"),
    ),
    request_body = PlaceOrder,
    responses(
        (status = 200, description = "The pizza", body = Answer),
        (status = 202, description = "The order is saved and will be made", body = Answer, headers(
            ("Location" = String, description = "The order's address"),
            ("Retry-After" = u64, description = "Seconds until it is worth asking again"),
        )),
        (status = 400, description = "There is nothing to order, too much, or something that is not on the menu; the message says what."),
        (status = 404, description = "There is no such store, or it is one of another franchise."),
        (status = 409, description = "The order under this Idempotency-Key was cancelled."),
        (status = 422, description = "The factory refuses this order for good, or the Idempotency-Key stands for another order."),
        (status = 503, description = "The order cannot be promised. Nothing was stored, nothing is charged."),
    ),
)]
pub async fn place_order(
    State(app): State<AppState>,
    Caller(session): Caller,
    exchange: Exchange,
    headers: HeaderMap,
    Json(body): Json<PlaceOrder>,
) -> Result<Response, Problem> {
    let begun = Instant::now();
    let wait = patience(&headers, app.config.orders.default_wait, app.config.orders.max_wait);
    let wanted = Wanted::read(&headers, body)?;
    let (placed, receipt) = match take(&app, &session, wanted, &exchange).await? {
        Taken::Before(id) => return answer_again(&app, &session, id).await,
        Taken::Now(placed, receipt) => (placed, receipt),
    };
    match receipt {
        // A task may be quicker than its diner, but who asked not to wait is told the same every time.
        Receipt::Making { id, date, .. } | Receipt::Queued { id, date } if wait.is_zero() => {
            placed.answer(id, date, Made::Later)
        }
        Receipt::Making { id, date, made } => {
            let made = tokio::time::timeout(wait.saturating_sub(begun.elapsed()), made).await;
            placed.answer(id, date, made.ok().and_then(Result::ok).unwrap_or(Made::Later))
        }
        Receipt::Queued { id, date } => {
            let made = wait_in_queue(&app, id, begun + wait).await?;
            placed.answer(id, date, made)
        }
        // What was placed before was not taken now.
        Receipt::Replayed(id) => answer_again(&app, &session, id).await,
        Receipt::KeyReused => Err(key_reused()),
    }
}

/// An order that was asked for, and taken.
pub enum Taken<'a> {
    /// It is new.
    Now(PlacedOrder<'a>, Receipt),
    /// It was placed before, under the same idempotency key.
    Before(OrderId),
}

/// Takes an order in, unless it was placed before: priced, promised, saved, and on its way if it may.
pub async fn take<'a>(
    app: &'a AppState,
    session: &'a Session,
    wanted: Wanted,
    exchange: &Exchange,
) -> Result<Taken<'a>, Problem> {
    if let Some(earlier) = placed_earlier(app, session, &wanted).await? {
        return Ok(Taken::Before(earlier));
    }
    let order = wanted.priced(app, session, exchange).await?;
    promise(app)?;
    let placed = PlacedOrder::new(app, session, &order);
    match app.kitchen.place(order).await? {
        Receipt::Replayed(id) => Ok(Taken::Before(id)),
        Receipt::KeyReused => Err(key_reused()),
        receipt => Ok(Taken::Now(placed, receipt)),
    }
}

/// List my orders, newest first
#[utoipa::path(
    get, path = "/api/order", tag = "orders", security(("session" = [])),
    params(ListQuery),
    responses((status = 200, description = "Ten orders", body = OrderHistory)),
)]
pub async fn list(
    State(app): State<AppState>,
    Caller(session): Caller,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<OrderHistory>, Problem> {
    let page = clamped(query.page.as_deref(), 1, 1..=MAX_PAGE);
    let orders = app.store.orders_of(session.user.id, page, PER_PAGE).await?;
    let orders = orders.into_iter().map(OrderView::from).collect();
    // Historic clients assert it: a number when nothing was sent, else what was sent.
    let page = query.page.map_or(Value::from(1), Value::from);
    Ok(axum::Json(OrderHistory { diner_id: session.user.id.0, orders, page }))
}

/// Look at one order (its owner or admin)
#[utoipa::path(
    get, path = "/api/order/{id}", tag = "orders", security(("session" = [])),
    params(("id" = i64, Path, description = "The order", example = 12)),
    responses(
        (status = 200, description = "The order, with its pizza once there is one", body = OrderDetails),
        (status = 404, description = "There is no such order, or it is somebody else's."),
    ),
)]
pub async fn show(
    State(app): State<AppState>,
    Caller(session): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<OrderDetails>, Problem> {
    let order = own_order(&app, &session, &id).await?;
    let kitchen = app.kitchen.status();
    let (waits, quarantined) = (!order.state.is_final(), order.state == OrderState::Quarantined);
    let reason = order.reason.clone().filter(|_| order.state == OrderState::Rejected);
    let mut details = OrderDetails::from(order);
    if waits {
        details.estimated_ready_at = (!quarantined).then(|| from_now(kitchen.estimated_wait()));
        let message = if quarantined { LOOKING_INTO_IT } else { kitchen.message_for_saved_order() };
        details.message = Some(message.to_owned());
    } else {
        details.message = reason;
    }
    Ok(axum::Json(details))
}

/// Cancel an order that is still queued (its owner or admin)
#[utoipa::path(
    delete, path = "/api/order/{id}", tag = "orders", security(("session" = [])),
    params(("id" = i64, Path, description = "The order", example = 12)),
    responses(
        (status = 200, description = "It is cancelled", body = Message, example = json!({ "message": "order cancelled" })),
        (status = 404, description = "There is no such order, or it is somebody else's."),
        (status = 409, description = "It is being made or has ended."),
    ),
)]
pub async fn cancel(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Message>, Problem> {
    withdraw(&app, &acts, &session, &id).await?;
    Ok(axum::Json(Message::new("order cancelled")))
}

/// Withdraws an order that the caller may withdraw.
pub async fn withdraw(app: &AppState, acts: &Acts, session: &Session, id: &str) -> Result<(), Problem> {
    let order = own_order(app, session, id).await?;
    match app.store.cancel_order(order.id).await? {
        Cancellation::Cancelled => {
            app.kitchen.order_changed(order.id);
            app.metrics.order("cancelled");
            if order.diner != session.user.id {
                acts.record(session, "order.cancel", format!("order {}", order.id), None).await;
            }
            Ok(())
        }
        Cancellation::TooLate(state) => {
            let message = format!("the order is {state} and cannot be cancelled any more");
            Err(Problem::new(StatusCode::CONFLICT, message))
        }
        Cancellation::Unknown => Err(unknown_order()),
    }
}

/// An order that the caller may see: their own, or any for an admin. Others do not exist for them.
pub async fn own_order(app: &AppState, session: &Session, id: &str) -> Result<OrderRecord, Problem> {
    let id = path_id(id, OrderId, "unknown order")?;
    let order = app.store.order(id).await?.ok_or_else(unknown_order)?;
    if order.diner == session.user.id || session.user.is_admin() { Ok(order) } else { Err(unknown_order()) }
}

fn unknown_order() -> Problem {
    Problem::not_found("unknown order")
}

/// The order that was placed before under this idempotency key. Asked first, because it stands whether or not
/// we would take it now.
async fn placed_earlier(
    app: &AppState,
    session: &Session,
    wanted: &Wanted,
) -> Result<Option<OrderId>, Problem> {
    let Some(idempotency) = &wanted.idempotency else { return Ok(None) };
    match app.store.placed_earlier(session.user.id, idempotency).await? {
        Some(Placed::Replayed(id)) => Ok(Some(id)),
        Some(Placed::KeyReused) => Err(key_reused()),
        Some(Placed::Saved { .. }) | None => Ok(None),
    }
}

/// The same request again: a fresh view of the order that it made the first time.
async fn answer_again(app: &AppState, session: &Session, id: OrderId) -> Result<Response, Problem> {
    let order = app.store.order(id).await?.ok_or_else(unknown_order)?;
    if order.state == OrderState::Cancelled {
        return Err(Problem::new(StatusCode::CONFLICT, "this order was cancelled"));
    }
    PlacedOrder::again(app, session, &order).answer(order.id, order.date, made(order))
}

fn key_reused() -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "this Idempotency-Key was used for another order")
}

/// Whether we can promise to make one more order. If not, nothing is stored.
fn promise(app: &AppState) -> Result<(), Problem> {
    let kitchen = app.kitchen.status();
    // A kitchen that is probing needs an order, or one that refuses them would stay closed for ever.
    let closed = kitchen.state == KitchenState::Closed && !(kitchen.probing && kitchen.queue.queued == 0);
    let refusal = if kitchen.queue.queued >= app.config.orders.queue_limit {
        "We cannot take more orders right now. Nothing was ordered; please try again later."
    } else if closed && app.config.orders.when_closed == WhenClosed::Refuse {
        "The kitchen is currently closed."
    } else {
        return Ok(());
    };
    app.metrics.order("refused");
    Err(Problem::unavailable(refusal, kitchen.ask_again_in()))
}

/// While the kitchen is open, an order in the queue is only behind a few others: worth waiting for.
async fn wait_in_queue(app: &AppState, id: OrderId, deadline: Instant) -> Result<Made, Problem> {
    if app.kitchen.status().state != KitchenState::Open {
        return Ok(Made::Later);
    }
    let mut watcher = app.kitchen.watch(id);
    loop {
        let order = app.store.order(id).await?.ok_or_else(unknown_order)?;
        let patience = deadline.saturating_duration_since(Instant::now());
        let closed = app.kitchen.status().state != KitchenState::Open;
        if order.state.is_final() || closed || !watcher.news_within(patience).await {
            return Ok(made(order));
        }
    }
}

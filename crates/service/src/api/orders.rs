//! Orders: place, look at, cancel.

use super::{
    extract::{Caller, Json, Path, Query, clamped, path_id},
    order_answer::{PlacedOrder, made},
    order_request::{PlaceOrder, Wanted, patience},
    views::{OrderDetails, OrderView, from_now},
};
use crate::{
    app::AppState,
    auth::Session,
    config::WhenClosed,
    edge::Problem,
    fulfilment::{KitchenState, Made, Receipt},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::{OrderId, OrderState};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Instant;
use store::{Cancellation, OrderRecord, Placed};

const PER_PAGE: u32 = 10;
const MAX_PAGE: u32 = 1_000_000;
const LOOKING_INTO_IT: &str =
    "Your order is saved. It takes longer than it should, and we are looking into it.";

#[derive(Deserialize)]
pub struct ListQuery {
    page: Option<String>,
}

/// `POST /api/order`
///
/// The order is durable before anything is sent to the factory. Then the diner waits for the pizza for as
/// long as they like, within bounds; after that they get the order's address instead.
pub async fn place_order(
    State(app): State<AppState>,
    Caller(session): Caller,
    headers: HeaderMap,
    Json(body): Json<PlaceOrder>,
) -> Result<Response, Problem> {
    let begun = Instant::now();
    let wait = patience(&headers, app.config.orders.default_wait, app.config.orders.max_wait);
    let wanted = Wanted::read(&headers, body)?;
    if let Some(earlier) = placed_earlier(&app, &session, &wanted).await? {
        return Ok(earlier);
    }
    let order = wanted.priced(&app, &session, &headers).await?;
    promise(&app)?;
    let placed = PlacedOrder::new(&app, &session, &order);
    match app.kitchen.place(order).await? {
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
        Receipt::Replayed(id) => answer_again(&app, &session, id).await,
        Receipt::KeyReused => Err(key_reused()),
    }
}

/// `GET /api/order?page=1`
pub async fn list(
    State(app): State<AppState>,
    Caller(session): Caller,
    Query(query): Query<ListQuery>,
) -> Result<impl IntoResponse, Problem> {
    let page = clamped(query.page.as_deref(), 1, 1..=MAX_PAGE);
    let orders = app.store.orders_of(session.user.id, page, PER_PAGE).await?;
    let orders: Vec<_> = orders.into_iter().map(OrderView::from).collect();
    // Historic clients assert it: a number when nothing was sent, else what was sent.
    let page = query.page.map_or(Value::from(1), Value::from);
    Ok(axum::Json(json!({ "dinerId": session.user.id, "orders": orders, "page": page })))
}

/// `GET /api/order/{order_id}`
pub async fn show(
    State(app): State<AppState>,
    Caller(session): Caller,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
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

/// `DELETE /api/order/{order_id}`
pub async fn cancel(
    State(app): State<AppState>,
    Caller(session): Caller,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let order = own_order(&app, &session, &id).await?;
    match app.store.cancel_order(order.id).await? {
        Cancellation::Cancelled => {
            app.kitchen.order_changed(order.id);
            app.metrics.order("cancelled");
            Ok(axum::Json(json!({ "message": "order cancelled" })))
        }
        Cancellation::TooLate(state) => {
            let message = format!("the order is {state} and cannot be cancelled any more");
            Err(Problem::new(StatusCode::CONFLICT, message))
        }
        Cancellation::Unknown => Err(unknown_order()),
    }
}

/// An order that the caller may see: their own, or any for an admin. Others do not exist for them.
pub(super) async fn own_order(app: &AppState, session: &Session, id: &str) -> Result<OrderRecord, Problem> {
    let id = path_id(id, OrderId, "unknown order")?;
    let order = app.store.order(id).await?.ok_or_else(unknown_order)?;
    if order.diner == session.user.id || session.user.is_admin() { Ok(order) } else { Err(unknown_order()) }
}

fn unknown_order() -> Problem {
    Problem::not_found("unknown order")
}

/// The answer to a request that was placed before under its idempotency key. Asked first, because that
/// order stands whether or not we would take it now.
async fn placed_earlier(
    app: &AppState,
    session: &Session,
    wanted: &Wanted,
) -> Result<Option<Response>, Problem> {
    let Some(idempotency) = &wanted.idempotency else { return Ok(None) };
    match app.store.placed_earlier(session.user.id, idempotency).await? {
        Some(Placed::Replayed(id)) => answer_again(app, session, id).await.map(Some),
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

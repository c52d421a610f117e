//! Orders: place, look at, cancel.

use super::{
    extract::{Caller, Json, clamped, id, path_id},
    views::{OrderDetails, OrderView, PlacedOrderView},
};
use crate::{
    app::AppState,
    auth::Session,
    config::{ReportLinkAudience, WhenClosed},
    edge::{Problem, whole_seconds},
    fulfilment::{KitchenState, Made, Receipt, Watcher},
    traceparent,
};
use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    Diner, FranchiseId, IdempotencyKey, MenuId, OrderId, OrderItem, OrderState, StoreId, price_items,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};
use store::{Cancellation, Idempotency, NewOrder, OrderRecord};

const PER_PAGE: u32 = 10;
const MAX_PAGE: u32 = 1_000_000;

/// What a diner sends. Titles and prices that come along are not read: the menu knows them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceOrder {
    #[serde(deserialize_with = "id")]
    franchise_id: i64,
    #[serde(deserialize_with = "id")]
    store_id: i64,
    #[serde(default)]
    items: Vec<WantedItem>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WantedItem {
    #[serde(deserialize_with = "id")]
    menu_id: i64,
}

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
    Json(wanted): Json<PlaceOrder>,
) -> Result<Response, Problem> {
    let begun = Instant::now();
    let wait = patience(&headers, app.config.orders.default_wait, app.config.orders.max_wait);
    let order = priced(&app, &session, &headers, wanted).await?;
    promise(&app)?;
    let placed = Placing {
        app: &app,
        session: &session,
        items: order.items.clone(),
        order: (order.franchise, order.store),
    };
    match app.kitchen.place(order).await? {
        Receipt::Making { id, date, made } => {
            let made = tokio::time::timeout(wait.saturating_sub(begun.elapsed()), made).await;
            placed.answer(id, date, made.ok().and_then(Result::ok).unwrap_or(Made::Later))
        }
        Receipt::Queued { id, date, watcher } => {
            let made = placed.wait_in_queue(id, watcher, begun + wait).await?;
            placed.answer(id, date, made)
        }
        Receipt::Replayed(id) => placed.answer_again(id).await,
        Receipt::KeyReused => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "this Idempotency-Key was used for another order",
        )),
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

const LOOKING_INTO_IT: &str =
    "Your order is saved. It takes longer than it should, and we are looking into it.";

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

/// The wanted order with the menu's titles and prices, for a store that exists.
async fn priced(
    app: &AppState,
    session: &Session,
    headers: &HeaderMap,
    wanted: PlaceOrder,
) -> Result<NewOrder, Problem> {
    let (franchise, store) = (FranchiseId(wanted.franchise_id), StoreId(wanted.store_id));
    let menu_ids: Vec<_> = wanted.items.iter().map(|item| MenuId(item.menu_id)).collect();
    let offer = app.catalogue.offer().await?;
    let items =
        price_items(&offer.menu, &menu_ids).map_err(|error| Problem::bad_request(error.to_string()))?;
    if !app.catalogue.sells(franchise, store).await? {
        return Err(Problem::not_found("unknown store"));
    }
    Ok(NewOrder {
        diner: Diner::from(&session.user),
        franchise,
        store,
        items,
        idempotency: idempotency(headers, franchise, store, &menu_ids)?,
        traceparent: traceparent::of(headers),
        claim: None,
    })
}

/// The client's own name for the order, with a hash of what it orders.
fn idempotency(
    headers: &HeaderMap,
    franchise: FranchiseId,
    store: StoreId,
    items: &[MenuId],
) -> Result<Option<Idempotency>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = IdempotencyKey::parse(key.to_str().unwrap_or_default())
        .map_err(|error| Problem::bad_request(error.to_string()))?;
    let mut request = Sha256::new();
    for number in [franchise.0, store.0].into_iter().chain(items.iter().map(|item| item.0)) {
        request.update(number.to_be_bytes());
    }
    Ok(Some(Idempotency { key, request_hash: request.finalize().into() }))
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

/// `Prefer: wait=N` and `Prefer: respond-async` (RFC 7240), within bounds.
fn patience(headers: &HeaderMap, default: Duration, max: Duration) -> Duration {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut wait = default;
    for preference in preferences.flat_map(|value| value.split([',', ';'])).map(str::trim) {
        if preference.eq_ignore_ascii_case("respond-async") {
            return Duration::ZERO;
        }
        let seconds = preference.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("wait"));
        if let Some(seconds) = seconds.and_then(|(_, seconds)| seconds.trim().parse().ok()) {
            wait = Duration::from_secs(seconds).min(max);
        }
    }
    wait
}

/// An order that was saved, and whoever waits for the answer.
struct Placing<'a> {
    app: &'a AppState,
    session: &'a Session,
    items: Vec<OrderItem>,
    order: (FranchiseId, StoreId),
}

impl Placing<'_> {
    /// While the kitchen is open, an order in the queue is only behind a few others: worth waiting for.
    async fn wait_in_queue(
        &self,
        id: OrderId,
        mut watcher: Watcher,
        deadline: Instant,
    ) -> Result<Made, Problem> {
        while self.app.kitchen.status().state == KitchenState::Open {
            let patience = deadline.saturating_duration_since(Instant::now());
            let news = !patience.is_zero() && watcher.news_within(patience).await;
            if let Some(order) = self.app.store.order(id).await? {
                match order.state {
                    OrderState::Fulfilled => {
                        return Ok(Made::Fulfilled { jwt: order.jwt.unwrap_or_default() });
                    }
                    OrderState::Rejected => {
                        return Ok(Made::Rejected { reason: order.reason.unwrap_or_default() });
                    }
                    _ => {}
                }
            }
            if !news {
                break;
            }
        }
        Ok(Made::Later)
    }

    /// The same request again: a fresh view of the order that it made the first time.
    async fn answer_again(self, id: OrderId) -> Result<Response, Problem> {
        let order = self.app.store.order(id).await?.ok_or_else(unknown_order)?;
        let made = match (order.state, order.jwt) {
            (OrderState::Fulfilled, Some(jwt)) => Made::Fulfilled { jwt },
            (OrderState::Rejected, _) => Made::Rejected { reason: order.reason.unwrap_or_default() },
            (OrderState::Cancelled, _) => {
                return Err(Problem::new(StatusCode::CONFLICT, "this order was cancelled"));
            }
            _ => Made::Later,
        };
        self.answer(id, order.date, made)
    }

    fn answer(&self, id: OrderId, date: Timestamp, made: Made) -> Result<Response, Problem> {
        match made {
            Made::Fulfilled { jwt } => Ok(self.pizza(id, date, &jwt)),
            Made::Later => Ok(self.saved(id, date)),
            Made::Rejected { reason } => {
                let order = self.view(id, date, OrderState::Rejected);
                let order = serde_json::to_value(order).map_err(|_| Problem::internal())?;
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason).with("order", order))
            }
        }
    }

    fn pizza(&self, id: OrderId, date: Timestamp, jwt: &str) -> Response {
        let order = self.view(id, date, OrderState::Fulfilled);
        axum::Json(self.with_report_link(json!({ "order": order, "jwt": jwt }))).into_response()
    }

    fn saved(&self, id: OrderId, date: Timestamp) -> Response {
        let kitchen = self.app.kitchen.status();
        self.app.metrics.order("queued");
        let body = self.with_report_link(json!({
            "order": self.view(id, date, OrderState::Queued),
            "message": kitchen.message_for_saved_order(),
            "estimatedReadyAt": from_now(kitchen.estimated_wait()),
        }));
        let headers = [
            (header::LOCATION, format!("/api/order/{id}")),
            (header::RETRY_AFTER, whole_seconds(kitchen.ask_again_in()).to_string()),
        ];
        (StatusCode::ACCEPTED, headers, axum::Json(body)).into_response()
    }

    /// The link that ends the factory's chaos holds our key there: it is for the on-call engineer.
    fn with_report_link(&self, mut body: Value) -> Value {
        let everyone = self.app.config.orders.expose_report_link == ReportLinkAudience::Everyone;
        if everyone || self.session.user.is_admin() {
            if let Some(link) = self.app.kitchen.report_link() {
                body["followLinkToEndChaos"] = Value::from(link.expose().as_str());
            }
        }
        body
    }

    fn view(&self, id: OrderId, date: Timestamp, status: OrderState) -> PlacedOrderView<'_> {
        let (franchise, store) = self.order;
        PlacedOrderView {
            id: id.0,
            franchise_id: franchise.0,
            store_id: store.0,
            items: &self.items,
            date,
            status,
        }
    }
}

fn from_now(wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::ZERO);
    Timestamp::now().saturating_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_read_and_bounded() {
        let patience = |prefer: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("prefer", prefer.parse().unwrap());
            super::patience(&headers, Duration::from_secs(3), Duration::from_secs(30)).as_secs()
        };
        assert_eq!(patience("wait=10"), 10);
        assert_eq!(patience("wait=1000"), 30);
        assert_eq!(patience("Wait = 5, handling=lenient"), 5);
        assert_eq!(patience("respond-async, wait=5"), 0);
        assert_eq!(patience("wait=-1"), 3);
        assert_eq!(patience("nonsense"), 3);
    }
}

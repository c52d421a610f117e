//! Reading orders, their history and the queue.

use super::{
    column::{bitcoin, get, optional_time, state, time},
    connection::Connection,
    failure::Failure,
    many,
};
use crate::{OrderPage, OrderRecord, OrderedItem, QueueStats, StatusEvent};
use domain::{FranchiseId, MenuId, OrderId, OrderState, StoreId, UserId};
use jiff::Timestamp;
use mysql_async::{Row, Value};
use std::collections::HashMap;

pub(super) const ORDERS: &str =
    "SELECT dinerOrder.id, dinerId, dinerOrder.franchiseId, storeId, date, state, jwt, attempts, queuedAt,
         fulfilledAt, reason
     FROM dinerOrder
     LEFT JOIN fulfilment ON fulfilment.orderId = dinerOrder.id
     LEFT JOIN pizza ON pizza.orderId = dinerOrder.id
     WHERE dinerOrder.id IN (IDS)";

pub(super) async fn order(db: &mut Connection, id: OrderId) -> Result<Option<OrderRecord>, Failure> {
    Ok(orders(db, &[id]).await?.pop())
}

/// The historic table has an index on its diners, but none on their dates: the orders of one diner are sorted.
pub(super) const HISTORY: &str =
    "SELECT id FROM dinerOrder WHERE dinerId = ? ORDER BY date DESC, id DESC LIMIT ? OFFSET ?";

pub(super) async fn orders_of(
    db: &mut Connection,
    diner: UserId,
    page: u32,
    per_page: u32,
) -> Result<Vec<OrderRecord>, Failure> {
    let rows = db.rows(HISTORY, (diner.0, per_page, offset(page, per_page))).await?;
    let ids = rows.iter().map(|row| get(row, 0).map(OrderId)).collect::<Result<Vec<_>, _>>()?;
    orders(db, &ids).await
}

/// Sorts what is in the state: queued orders lie in their index by franchise.
pub(super) const IN_STATE: &str =
    "SELECT orderId FROM fulfilment WHERE state = ? ORDER BY queuedAt, orderId LIMIT ? OFFSET ?";

pub(super) async fn orders_in(
    db: &mut Connection,
    state: OrderState,
    page: u32,
    per_page: u32,
) -> Result<OrderPage, Failure> {
    let limit = i64::from(per_page) + 1;
    let rows = db.rows(IN_STATE, (state.as_str(), limit, offset(page, per_page))).await?;
    let more = rows.len() > per_page as usize;
    let ids = rows.iter().take(per_page as usize).map(|row| get(row, 0).map(OrderId));
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    Ok(OrderPage { orders: orders(db, &ids).await?, more })
}

fn offset(page: u32, per_page: u32) -> i64 {
    i64::from(page.saturating_sub(1)).saturating_mul(i64::from(per_page))
}

/// These orders, in this order.
async fn orders(db: &mut Connection, ids: &[OrderId]) -> Result<Vec<OrderRecord>, Failure> {
    let values: Vec<Value> = ids.iter().map(|id| Value::from(id.0)).collect();
    let rows = many::select(db, ORDERS, &[], &values).await?;
    let mut items = items(db, &values).await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        let order = record(row, &mut items)?;
        found.insert(order.id, order);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn record(row: &Row, items: &mut HashMap<OrderId, Vec<OrderedItem>>) -> Result<OrderRecord, Failure> {
    let id = OrderId(get(row, 0)?);
    let date = time(row, 4)?;
    let historic = get::<Option<String>>(row, 5)?.is_none();
    // The historic column keeps whole seconds; ours has the time that its diner was told.
    let queued_at = optional_time(row, 8)?.unwrap_or(date);
    Ok(OrderRecord {
        id,
        diner: UserId(get(row, 1)?),
        franchise: FranchiseId(get(row, 2)?),
        store: StoreId(get(row, 3)?),
        date: queued_at,
        items: items.remove(&id).unwrap_or_default(),
        state: if historic { OrderState::Fulfilled } else { state(row, 5)? },
        jwt: get(row, 6)?,
        attempts: get::<Option<u32>>(row, 7)?.unwrap_or(0),
        queued_at,
        fulfilled_at: optional_time(row, 9)?,
        reason: get(row, 10)?,
    })
}

pub(super) const ITEMS: &str =
    "SELECT orderId, id, menuId, description, CAST(price * 100000000 AS SIGNED) FROM orderItem
     WHERE orderId IN (IDS) ORDER BY id";

/// The items of each order, in the order they were asked for.
pub(super) async fn items(
    db: &mut Connection,
    orders: &[Value],
) -> Result<HashMap<OrderId, Vec<OrderedItem>>, Failure> {
    let mut items: HashMap<OrderId, Vec<OrderedItem>> = HashMap::with_capacity(orders.len());
    for row in &many::select(db, ITEMS, &[], orders).await? {
        let item = OrderedItem {
            id: get(row, 1)?,
            menu_id: MenuId(get(row, 2)?),
            description: get(row, 3)?,
            price: bitcoin(row, 4)?,
        };
        items.entry(OrderId(get(row, 0)?)).or_default().push(item);
    }
    Ok(items)
}

/// An order to which nothing has happened yet has no row for its first event: see [`super::events`].
pub(super) async fn status_events(
    db: &mut Connection,
    order: OrderId,
    after: u32,
) -> Result<Vec<StatusEvent>, Failure> {
    let first = "SELECT version, state, queuedAt FROM fulfilment WHERE orderId = ? AND version = 1";
    if let Some(first) = db.row(first, (order.0,)).await? {
        return Ok(if after == 0 { vec![event(&first)?] } else { Vec::new() });
    }
    let rows = db
        .rows(
            "SELECT number, state, at FROM orderEvent WHERE orderId = ? AND number > ? ORDER BY number",
            (order.0, after),
        )
        .await?;
    rows.iter().map(event).collect()
}

fn event(row: &Row) -> Result<StatusEvent, Failure> {
    Ok(StatusEvent { number: get(row, 0)?, state: state(row, 1)?, at: time(row, 2)? })
}

/// All states in one statement, so that they are those of one moment.
pub(super) const QUEUE: &str =
    "SELECT NOW(3), counted.state, counted.orders, counted.oldest, counted.due FROM (SELECT 1) AS always
     LEFT JOIN (
         SELECT state, COUNT(*) AS orders, MIN(queuedAt) AS oldest, MIN(dueAt) AS due FROM fulfilment
         WHERE state IN ('queued', 'making', 'quarantined') GROUP BY state
     ) AS counted ON TRUE";

pub(super) async fn queue_stats(db: &mut Connection) -> Result<QueueStats, Failure> {
    let mut stats = QueueStats { now: Timestamp::UNIX_EPOCH, ..QueueStats::default() };
    for row in &db.rows(QUEUE, ()).await? {
        stats.now = time(row, 0)?;
        if get::<Option<String>>(row, 1)?.is_none() {
            continue;
        }
        let orders = get(row, 2)?;
        match state(row, 1)? {
            OrderState::Queued => {
                stats.queued = orders;
                stats.oldest_queued_at = optional_time(row, 3)?;
                stats.next_due_at = optional_time(row, 4)?;
            }
            OrderState::Making => stats.making = orders,
            _ => stats.quarantined = orders,
        }
    }
    Ok(stats)
}

//! Reading orders, their history and the queue.

use super::{
    clock::Millis,
    column::{bitcoin, count, optional_time, state, time},
};
use crate::{OrderPage, OrderRecord, OrderedItem, QueueStats, StatusEvent};
use domain::{FranchiseId, MAX_ITEMS, MenuId, OrderId, OrderState, StoreId, UserId};
use rusqlite::{Connection, OptionalExtension, Result, Row};

pub(super) const ORDER: &str =
    "SELECT diner_order.id, diner_id, diner_order.franchise_id, store_id, date, state, jwt, attempts,
         queued_at, fulfilled_at, reason
     FROM diner_order
     LEFT JOIN fulfilment ON fulfilment.order_id = diner_order.id
     LEFT JOIN pizza ON pizza.order_id = diner_order.id
     WHERE diner_order.id = ?1";

pub(super) fn order(db: &Connection, id: OrderId) -> Result<Option<OrderRecord>> {
    db.prepare_cached(ORDER)?.query_row([id.0], |row| record(db, row)).optional()
}

/// The page is found in the index alone, then its orders are looked up.
pub(super) const HISTORY: &str =
    "SELECT id FROM diner_order WHERE diner_id = ?1 ORDER BY date DESC, id DESC LIMIT ?2 OFFSET ?3";

pub(super) fn orders_of(
    db: &Connection,
    diner: UserId,
    page: u32,
    per_page: u32,
) -> Result<Vec<OrderRecord>> {
    let offset = i64::from(page.saturating_sub(1)).saturating_mul(i64::from(per_page));
    let mut ids = db.prepare_cached(HISTORY)?;
    let ids = ids.query_map((diner.0, per_page, offset), |row| row.get(0).map(OrderId))?;
    ids.filter_map(|id| id.and_then(|id| order(db, id)).transpose()).collect()
}

/// Sorts what is in the state: queued orders lie in their index by franchise.
pub(super) fn orders_in(db: &Connection, state: OrderState, page: u32, per_page: u32) -> Result<OrderPage> {
    let offset = i64::from(page.saturating_sub(1)).saturating_mul(i64::from(per_page));
    // The state is part of the text, because an index over one state serves no bound value.
    let mut ids = db.prepare_cached(&format!(
        "SELECT order_id FROM fulfilment WHERE state = '{}' ORDER BY queued_at, order_id LIMIT ?1 OFFSET ?2",
        state.as_str()
    ))?;
    let ids = ids.query_map((i64::from(per_page) + 1, offset), |row| row.get(0).map(OrderId))?;
    let orders =
        ids.filter_map(|id| id.and_then(|id| order(db, id)).transpose()).collect::<Result<Vec<_>>>()?;
    let more = orders.len() > per_page as usize;
    Ok(OrderPage { orders: orders.into_iter().take(per_page as usize).collect(), more })
}

fn record(db: &Connection, row: &Row<'_>) -> Result<OrderRecord> {
    let id = OrderId(row.get(0)?);
    let date = time(row, 4)?;
    let historic = row.get_ref(5)? == rusqlite::types::ValueRef::Null;
    Ok(OrderRecord {
        id,
        diner: UserId(row.get(1)?),
        franchise: FranchiseId(row.get(2)?),
        store: StoreId(row.get(3)?),
        date,
        items: items(db, id)?,
        state: if historic { OrderState::Fulfilled } else { state(row, 5)? },
        jwt: row.get(6)?,
        attempts: row.get::<_, Option<u32>>(7)?.unwrap_or(0),
        queued_at: optional_time(row, 8)?.unwrap_or(date),
        fulfilled_at: optional_time(row, 9)?,
        reason: row.get(10)?,
    })
}

fn items(db: &Connection, order: OrderId) -> Result<Vec<OrderedItem>> {
    let mut statement = db.prepare_cached(
        "SELECT number, menu_id, description, price FROM order_item WHERE order_id = ?1 ORDER BY number",
    )?;
    let items = statement.query_map([order.0], |row| {
        Ok(OrderedItem {
            id: item_id(order, row.get(0)?),
            menu_id: MenuId(row.get(1)?),
            description: row.get(2)?,
            price: bitcoin(row, 3)?,
        })
    })?;
    items.collect()
}

/// An item is kept by its place in its order, which saves an index; its identity is made from both.
fn item_id(order: OrderId, number: i64) -> i64 {
    order.0 * MAX_ITEMS as i64 + number
}

/// An order to which nothing has happened yet has no row for its first event: see [`super::fulfilment`].
pub(super) fn status_events(db: &Connection, order: OrderId, after: u32) -> Result<Vec<StatusEvent>> {
    let first = db
        .prepare_cached(
            "SELECT version, state, queued_at FROM fulfilment WHERE order_id = ?1 AND version = 1",
        )?
        .query_row([order.0], event)
        .optional()?;
    if let Some(first) = first {
        return Ok(if after == 0 { vec![first] } else { Vec::new() });
    }
    let mut statement = db.prepare_cached(
        "SELECT number, state, at FROM order_event WHERE order_id = ?1 AND number > ?2 ORDER BY number",
    )?;
    let events = statement.query_map((order.0, after), event)?;
    events.collect()
}

fn event(row: &Row<'_>) -> Result<StatusEvent> {
    Ok(StatusEvent { number: row.get(0)?, state: state(row, 1)?, at: time(row, 2)? })
}

pub(super) const QUEUE: &str =
    "SELECT count(*), min(queued_at), min(due_at) FROM fulfilment WHERE state = 'queued'";
pub(super) const MAKING: &str = "SELECT count(*) FROM fulfilment WHERE state = 'making'";
pub(super) const QUARANTINED: &str = "SELECT count(*) FROM fulfilment WHERE state = 'quarantined'";

pub(super) fn queue_stats(db: &Connection, now: Millis) -> Result<QueueStats> {
    let counted = |sql| db.prepare_cached(sql)?.query_one([], |row| count(row, 0));
    let (making, quarantined) = (counted(MAKING)?, counted(QUARANTINED)?);
    db.prepare_cached(QUEUE)?.query_one([], |row| {
        Ok(QueueStats {
            queued: count(row, 0)?,
            making,
            quarantined,
            oldest_queued_at: optional_time(row, 1)?,
            next_due_at: optional_time(row, 2)?,
            now: now.into(),
        })
    })
}

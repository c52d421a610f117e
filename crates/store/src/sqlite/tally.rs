//! Counting what became of the orders of a span of time, in steps, because a reader runs on a thread that others
//! need too.

use super::{
    clock::Millis,
    column::{count, optional_time, time},
};
use crate::{
    OrderSpan,
    operations::{CHUNK, FoundOrder, IdSearch, add_order, after_chunk, with_slack},
};
use domain::OrderTally;
use rusqlite::{Connection, Result, Row};
use std::ops::Range;

/// Asked for in one query, SQLite would walk through the table to find both.
pub(super) const ALL_IDS: &str =
    "SELECT (SELECT min(order_id) FROM fulfilment), (SELECT max(order_id) FROM fulfilment)";

/// The ids among which all orders of the span are.
pub(super) fn ids_of(db: &Connection, span: &OrderSpan) -> Result<Range<i64>> {
    let all = db
        .prepare_cached(ALL_IDS)?
        .query_one([], |row| Ok(row.get::<_, Option<i64>>(0)?.zip(row.get(1)?)))?;
    let Some((smallest, largest)) = all else { return Ok(0..0) };
    let (from, to) = with_slack(span);
    let first = first_not_before(db, smallest, largest, from.into())?;
    let end = first_not_before(db, smallest, largest, to.into())?;
    // Behind the last order that has a record there may be some that have lost theirs.
    Ok(first..if end > largest { i64::MAX } else { end })
}

pub(super) const AT_OR_AFTER: &str =
    "SELECT order_id, queued_at FROM fulfilment WHERE order_id >= ?1 ORDER BY order_id LIMIT 1";

fn first_not_before(db: &Connection, smallest: i64, largest: i64, time: Millis) -> Result<i64> {
    let mut search = IdSearch::among(smallest, largest);
    let mut look = db.prepare_cached(AT_OR_AFTER)?;
    while let Some(asked) = search.next() {
        let (found, at): (_, Millis) = look.query_one([asked], |row| Ok((row.get(0)?, row.get(1)?)))?;
        search.learn(asked, found, at < time);
    }
    Ok(search.answer())
}

pub(super) const ORDERS: &str = "SELECT fulfilment.order_id, state, queued_at, fulfilled_at,
         token IS NOT NULL AND lease_until IS NOT NULL, diner_order.id IS NOT NULL, pizza.order_id IS NOT NULL
     FROM fulfilment
     LEFT JOIN diner_order ON diner_order.id = fulfilment.order_id
     LEFT JOIN pizza ON pizza.order_id = fulfilment.order_id
     WHERE fulfilment.order_id >= ?1 AND fulfilment.order_id < ?2 ORDER BY fulfilment.order_id LIMIT ?3";

/// Counts some of the orders with these ids, and answers the ids that are left.
pub(super) fn add_some(
    db: &Connection,
    span: &OrderSpan,
    ids: &Range<i64>,
    mut tally: OrderTally,
) -> Result<(OrderTally, Range<i64>)> {
    let mut statement = db.prepare_cached(ORDERS)?;
    let orders = statement.query_map((ids.start, ids.end, CHUNK), |row| Ok((row.get(0)?, found(row)?)))?;
    let orders = orders.collect::<Result<Vec<(i64, FoundOrder)>>>()?;
    orders.iter().for_each(|(_, found)| add_order(&mut tally, span, found));
    let next = after_chunk(orders.len(), orders.last().map(|(id, _)| *id), ids.end);
    let lost = without_a_record(db, span, ids.start..next)?;
    tally.placed += lost;
    tally.lost += lost;
    Ok((tally, next..ids.end))
}

fn found(row: &Row<'_>) -> Result<FoundOrder> {
    Ok(FoundOrder {
        state: row.get_ref(1)?.as_str()?.parse().ok(),
        queued_at: time(row, 2)?,
        fulfilled_at: optional_time(row, 3)?,
        is_held: row.get(4)?,
        has_order: row.get(5)?,
        has_pizza: row.get(6)?,
    })
}

pub(super) const WITHOUT_A_RECORD: &str = "SELECT count(*) FROM diner_order
     LEFT JOIN fulfilment ON fulfilment.order_id = diner_order.id
     WHERE diner_order.id >= ?1 AND diner_order.id < ?2 AND date >= ?3 AND date < ?4
         AND fulfilment.order_id IS NULL";

/// The ids begin at one of an order of ours, so none of them is historic.
fn without_a_record(db: &Connection, span: &OrderSpan, ids: Range<i64>) -> Result<u64> {
    let (from, to) = (Millis::from(span.from), Millis::from(span.to));
    db.prepare_cached(WITHOUT_A_RECORD)?.query_one((ids.start, ids.end, from, to), |row| count(row, 0))
}

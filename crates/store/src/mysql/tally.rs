//! Counting what became of the orders of a span of time, in steps, because a statement has its time-out.

use super::{
    column::{get, optional_time, time, time_value},
    connection::Connection,
    failure::Failure,
};
use crate::{
    OrderSpan,
    operations::{CHUNK, FoundOrder, IdSearch, add_order, after_chunk, with_slack},
};
use domain::OrderTally;
use jiff::Timestamp;
use mysql_async::Row;
use std::ops::Range;

/// The ids among which all orders of the span are.
pub(super) async fn ids_of(db: &mut Connection, span: &OrderSpan) -> Result<Range<i64>, Failure> {
    let Some(row) = db.row("SELECT MIN(orderId), MAX(orderId) FROM fulfilment", ()).await? else {
        return Ok(0..0);
    };
    let (Some(smallest), Some(largest)) = (get(&row, 0)?, get(&row, 1)?) else { return Ok(0..0) };
    if !db.facts().ids_follow_time() {
        return Ok(smallest..i64::MAX);
    }
    let (from, to) = with_slack(span);
    let first = first_not_before(db, smallest, largest, from).await?;
    let end = first_not_before(db, smallest, largest, to).await?;
    // Behind the last order that has a record there may be some that have lost theirs.
    Ok(first..if end > largest { i64::MAX } else { end })
}

/// Only orders of ours are looked at: what time it is in the dates of the others, nobody knows.
pub(super) const AT_OR_AFTER: &str =
    "SELECT orderId, queuedAt FROM fulfilment WHERE orderId >= ? ORDER BY orderId LIMIT 1";

async fn first_not_before(
    db: &mut Connection,
    smallest: i64,
    largest: i64,
    from: Timestamp,
) -> Result<i64, Failure> {
    let mut search = IdSearch::among(smallest, largest);
    while let Some(asked) = search.next() {
        // None: the last order was damaged since it was counted.
        let Some(row) = db.row(AT_OR_AFTER, (asked,)).await? else { break };
        search.learn(asked, get(&row, 0)?, time(&row, 1)? < from);
    }
    Ok(search.answer())
}

pub(super) const ORDERS: &str = "SELECT fulfilment.orderId, state, queuedAt, fulfilledAt,
         token IS NOT NULL AND leaseUntil IS NOT NULL, dinerOrder.id IS NOT NULL, pizza.orderId IS NOT NULL
     FROM fulfilment
     LEFT JOIN dinerOrder ON dinerOrder.id = fulfilment.orderId
     LEFT JOIN pizza ON pizza.orderId = fulfilment.orderId
     WHERE fulfilment.orderId >= ? AND fulfilment.orderId < ? ORDER BY fulfilment.orderId LIMIT ?";

/// Counts some of the orders with these ids, and answers the ids that are left.
pub(super) async fn add_some(
    db: &mut Connection,
    span: &OrderSpan,
    ids: &Range<i64>,
    mut tally: OrderTally,
) -> Result<(OrderTally, Range<i64>), Failure> {
    let rows = db.rows(ORDERS, (ids.start, ids.end, CHUNK)).await?;
    for row in &rows {
        add_order(&mut tally, span, &found(row)?);
    }
    let last = rows.last().map(|row| get(row, 0)).transpose()?;
    let next = after_chunk(rows.len(), last, ids.end);
    let lost = without_a_record(db, span, ids.start..next).await?;
    tally.placed += lost;
    tally.lost += lost;
    Ok((tally, next..ids.end))
}

fn found(row: &Row) -> Result<FoundOrder, Failure> {
    Ok(FoundOrder {
        state: get::<String>(row, 1)?.parse().ok(),
        queued_at: time(row, 2)?,
        fulfilled_at: optional_time(row, 3)?,
        is_held: get(row, 4)?,
        has_order: get(row, 5)?,
        has_pizza: get(row, 6)?,
    })
}

/// An order without a record may be the historic service's, unless something else of ours tells of it.
pub(super) const WITHOUT_A_RECORD: &str = "SELECT COUNT(*) FROM dinerOrder
     LEFT JOIN fulfilment ON fulfilment.orderId = dinerOrder.id
     WHERE dinerOrder.id >= ? AND dinerOrder.id < ? AND date >= ? AND date < ? AND fulfilment.orderId IS NULL
         AND (EXISTS (SELECT 1 FROM orderEvent WHERE orderEvent.orderId = dinerOrder.id)
             OR EXISTS (SELECT 1 FROM pizza WHERE pizza.orderId = dinerOrder.id))";

async fn without_a_record(db: &mut Connection, span: &OrderSpan, ids: Range<i64>) -> Result<u64, Failure> {
    // The historic column keeps whole seconds.
    let from = Timestamp::from_second(span.from.as_second()).unwrap_or(span.from);
    let row = db.row(WITHOUT_A_RECORD, (ids.start, ids.end, time_value(from), time_value(span.to))).await?;
    row.map_or(Ok(0), |row| get(&row, 0))
}

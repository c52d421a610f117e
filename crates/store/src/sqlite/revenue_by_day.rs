//! What a franchise earned day by day. No index leads from a franchise to its orders, because every order would pay
//! for it; so those of the span are walked, in steps, because a reader runs on a thread that others need too.

use super::{
    column::{bitcoin, time},
    tally,
};
use crate::{
    OrderSpan,
    catalogue::add_to_day,
    operations::{CHUNK, after_chunk},
};
use domain::{Bitcoin, FranchiseId};
use jiff::{Timestamp, civil::Date};
use rusqlite::{Connection, Result};
use std::{collections::BTreeMap, ops::Range, time::Duration};

/// The ids among which all orders of the span are.
pub(super) fn ids_of(db: &Connection, span: &Range<Timestamp>) -> Result<Range<i64>> {
    tally::ids_of(db, &OrderSpan { from: span.start, to: span.end, at_once: Duration::ZERO })
}

/// Those of others and those that are not fulfilled are stepped over without a look at their items.
pub(super) const ORDERS: &str =
    "SELECT order_id, queued_at, CASE WHEN franchise_id = ?4 AND state = 'fulfilled'
         THEN (SELECT sum(price) FROM order_item WHERE order_item.order_id = fulfilment.order_id) END
     FROM fulfilment WHERE order_id >= ?1 AND order_id < ?2 ORDER BY order_id LIMIT ?3";

/// Adds some of the orders with these ids, and answers the ids that are left.
pub(super) fn add_some(
    db: &Connection,
    franchise: FranchiseId,
    span: &Range<Timestamp>,
    ids: &Range<i64>,
    days: &mut BTreeMap<Date, Bitcoin>,
) -> Result<Range<i64>> {
    let mut statement = db.prepare_cached(ORDERS)?;
    let mut rows = statement.query((ids.start, ids.end, CHUNK, franchise.0))?;
    let (mut found, mut last) = (0, None);
    while let Some(row) = rows.next()? {
        (found, last) = (found + 1, Some(row.get(0)?));
        let placed = time(row, 1)?;
        if row.get::<_, Option<i64>>(2)?.is_some() && span.contains(&placed) {
            add_to_day(days, placed, bitcoin(row, 2)?);
        }
    }
    Ok(after_chunk(found, last, ids.end)..ids.end)
}

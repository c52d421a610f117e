//! Status events: what is appended with every step in an order's life.
//!
//! The first one, that the order was placed, is written with the second: until then the order's own row says the
//! same, and an order saved in an outage costs one row less.

use super::{
    column::{get, time, time_value},
    failure::Failure,
    many,
    transaction::Transaction,
};
use domain::{OrderId, OrderState};
use jiff::Timestamp;
use mysql_async::Value;
use std::collections::HashMap;

/// Appends the event of a step that this transaction took with each of these orders: out of `from`, into the state
/// that is named with the order.
pub(super) async fn append(
    tx: &mut Transaction,
    from: OrderState,
    steps: &[(OrderId, OrderState)],
) -> Result<(), Failure> {
    let rows = stepped(tx, steps).await?;
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for (order, to) in steps {
        let missing = || Failure::Vanished(format!("order {order} changed and is not there"));
        let &(version, queued_at) = rows.get(order).ok_or_else(missing)?;
        if version == 2 {
            firsts.extend(event(*order, 1, from, queued_at));
        }
        seconds.extend(event(*order, version, *to, tx.now));
    }
    let insert = "INSERT INTO orderEvent (orderId, number, state, at) VALUES";
    many::insert(tx, insert, 4, firsts.into_iter().chain(seconds).collect()).await
}

/// The versions of these orders after their step, and when they were placed.
async fn stepped(
    tx: &mut Transaction,
    steps: &[(OrderId, OrderState)],
) -> Result<HashMap<OrderId, (u32, Timestamp)>, Failure> {
    let ids: Vec<Value> = steps.iter().map(|(order, _)| Value::from(order.0)).collect();
    let sql = "SELECT orderId, version, queuedAt FROM fulfilment WHERE orderId IN (IDS)";
    let rows = many::select(tx, sql, &[], &ids).await?;
    rows.iter().map(|row| Ok((OrderId(get(row, 0)?), (get(row, 1)?, time(row, 2)?)))).collect()
}

fn event(order: OrderId, number: u32, state: OrderState, at: Timestamp) -> [Value; 4] {
    [order.0.into(), number.into(), state.as_str().into(), time_value(at)]
}

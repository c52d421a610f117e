//! What people do to orders: withdraw one, or send a quarantined one to the kitchen again.

use super::{
    column::{get, state, time_value},
    events,
    failure::Failure,
    transaction::Transaction,
};
use crate::{Cancellation, Redrive};
use domain::{OrderEvent, OrderId, OrderState};
use mysql_async::Value;

pub(super) async fn cancel_order(tx: &mut Transaction, order: OrderId) -> Result<Cancellation, Failure> {
    let change = ("unverifiedPizza = NULL", Vec::new());
    Ok(match step(tx, order, OrderEvent::Cancelled, change).await? {
        Stepped::Taken => Cancellation::Cancelled,
        Stepped::Illegal(state) => Cancellation::TooLate(state),
        Stepped::Unknown => Cancellation::Unknown,
    })
}

pub(super) async fn redrive_order(tx: &mut Transaction, order: OrderId) -> Result<Redrive, Failure> {
    let change = ("dueAt = ?, strikes = 0", vec![time_value(tx.now)]);
    Ok(match step(tx, order, OrderEvent::Redriven, change).await? {
        Stepped::Taken => Redrive::Queued,
        Stepped::Illegal(state) => Redrive::NotQuarantined(state),
        Stepped::Unknown => Redrive::Unknown,
    })
}

enum Stepped {
    Taken,
    Illegal(OrderState),
    Unknown,
}

/// Lets `event` happen to an order that is in nobody's hands, with what else changes and the values in that.
async fn step(
    tx: &mut Transaction,
    order: OrderId,
    event: OrderEvent,
    (change, values): (&str, Vec<Value>),
) -> Result<Stepped, Failure> {
    let row =
        tx.row("SELECT state, version FROM fulfilment WHERE orderId = ? FOR UPDATE", (order.0,)).await?;
    let Some(row) = row else {
        let historic = tx.row("SELECT 1 FROM dinerOrder WHERE id = ?", (order.0,)).await?;
        return Ok(historic.map_or(Stepped::Unknown, |_| Stepped::Illegal(OrderState::Fulfilled)));
    };
    let (from, version): (_, u32) = (state(&row, 0)?, get(&row, 1)?);
    let Ok(to) = from.after(event) else { return Ok(Stepped::Illegal(from)) };
    let sql = format!(
        "UPDATE fulfilment SET state = ?, version = version + 1, {change} WHERE orderId = ? AND version = ?"
    );
    let set: Vec<Value> = vec![to.as_str().into()];
    let expected: Vec<Value> = vec![order.0.into(), version.into()];
    if tx.execute(&sql, [set, values, expected].concat()).await? != 1 {
        return Err(Failure::Unreadable(format!("order {order} changed while it was locked")));
    }
    events::append(tx, from, &[(order, to)]).await?;
    Ok(Stepped::Taken)
}

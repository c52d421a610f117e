//! What people do to orders: withdraw one, or send a quarantined one to the kitchen again.

use super::{clock::Millis, fulfilment::Fulfilment};
use crate::{Cancellation, Redrive};
use domain::{OrderEvent, OrderId, OrderState};
use rusqlite::{Connection, Result};

pub(super) fn cancel_order(db: &Connection, order: OrderId, now: Millis) -> Result<Cancellation> {
    let Some(fulfilment) = Fulfilment::of(db, order)? else {
        return Ok(historic(db, order)?.map_or(Cancellation::Unknown, Cancellation::TooLate));
    };
    let state = fulfilment.state;
    let cancelled = fulfilment.step(db, OrderEvent::Cancelled, now, |gone| gone.unverified_pizza = None)?;
    Ok(if cancelled { Cancellation::Cancelled } else { Cancellation::TooLate(state) })
}

pub(super) fn redrive_order(db: &Connection, order: OrderId, now: Millis) -> Result<Redrive> {
    let Some(fulfilment) = Fulfilment::of(db, order)? else {
        return Ok(historic(db, order)?.map_or(Redrive::Unknown, Redrive::NotQuarantined));
    };
    let state = fulfilment.state;
    let queued = fulfilment.step(db, OrderEvent::Redriven, now, |queued| {
        queued.due_at = now;
        queued.strikes = 0;
    })?;
    Ok(if queued { Redrive::Queued } else { Redrive::NotQuarantined(state) })
}

/// Where an order without a fulfilment record stands, if there is such an order.
fn historic(db: &Connection, order: OrderId) -> Result<Option<OrderState>> {
    let exists = db.prepare_cached("SELECT 1 FROM diner_order WHERE id = ?1")?.exists([order.0])?;
    Ok(exists.then_some(OrderState::Fulfilled))
}

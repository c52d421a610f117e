//! Saving an order: the hot path of an outage, so every statement and every index on it is counted.

use super::{clock::Millis, column::token_column};
use crate::{Idempotency, NewOrder, Placed};
use domain::{OrderEvent, OrderId, OrderItem, OrderState, UserId};
use rusqlite::{Connection, OptionalExtension, Result};
use std::time::Duration;

const KEYS_LIVE_FOR: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn place_order(db: &Connection, order: &NewOrder, now: Millis) -> Result<Placed> {
    if let Some(idempotency) = &order.idempotency
        && let Some(earlier) = placed_earlier(db, order.diner.id, idempotency, now)?
    {
        return Ok(earlier);
    }
    let id = insert_order(db, order, now)?;
    insert_items(db, id, &order.items)?;
    insert_fulfilment(db, id, order, now)?;
    if let Some(idempotency) = &order.idempotency {
        remember_key(db, order.diner.id, idempotency, id, now)?;
    }
    Ok(Placed::Saved { id, date: now.into() })
}

pub(super) fn placed_earlier(
    db: &Connection,
    diner: UserId,
    idempotency: &Idempotency,
    now: Millis,
) -> Result<Option<Placed>> {
    db.prepare_cached(
        "SELECT request_hash, order_id FROM idempotency WHERE user_id = ?1 AND key = ?2 AND expires_at > ?3",
    )?
    .query_row((diner.0, idempotency.key.as_str(), now), |row| {
        let same = row.get::<_, [u8; 32]>(0)? == idempotency.request_hash;
        Ok(if same { Placed::Replayed(OrderId(row.get(1)?)) } else { Placed::KeyReused })
    })
    .optional()
}

fn insert_order(db: &Connection, order: &NewOrder, now: Millis) -> Result<OrderId> {
    db.prepare_cached(
        "INSERT INTO diner_order (diner_id, franchise_id, store_id, date) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((order.diner.id.0, order.franchise.0, order.store.0, now))?;
    Ok(OrderId(db.last_insert_rowid()))
}

fn insert_items(db: &Connection, order: OrderId, items: &[OrderItem]) -> Result<()> {
    let mut insert = db.prepare_cached(
        "INSERT INTO order_item (order_id, number, menu_id, description, price) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (number, item) in items.iter().enumerate() {
        insert.execute((order.0, number as i64, item.menu_id.0, &item.description, item.price.satoshi()))?;
    }
    Ok(())
}

/// Queued, or in the caller's hands at once; either way that is its first status event.
fn insert_fulfilment(db: &Connection, id: OrderId, order: &NewOrder, now: Millis) -> Result<()> {
    let queued = OrderState::Queued;
    let (state, attempts) = match order.claim {
        None => (queued, 0),
        Some(_) => (queued.after(OrderEvent::Claimed).unwrap_or(queued), 1),
    };
    db.prepare_cached(
        "INSERT INTO fulfilment (order_id, state, version, franchise_id, queued_at, due_at, attempts, strikes,
             token, lease_until, diner_name, diner_email, traceparent)
         VALUES (?1, ?2, 1, ?3, ?4, ?4, ?5, 0, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute((
        id.0,
        state.as_str(),
        order.franchise.0,
        now,
        attempts,
        order.claim.as_ref().map(|lease| token_column(&lease.token)),
        order.claim.as_ref().map(|lease| now.after(lease.duration)),
        &order.diner.name,
        &order.diner.email,
        &order.traceparent,
    ))?;
    Ok(())
}

/// An expired key of the same name gives way.
fn remember_key(
    db: &Connection,
    diner: UserId,
    idempotency: &Idempotency,
    order: OrderId,
    now: Millis,
) -> Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO idempotency (user_id, key, request_hash, order_id, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        diner.0,
        idempotency.key.as_str(),
        idempotency.request_hash,
        order.0,
        now.after(KEYS_LIVE_FOR),
    ))?;
    Ok(())
}

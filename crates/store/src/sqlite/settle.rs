//! What becomes of an order that is being made: it goes on, ends, goes back to the queue, or is rescued.

use super::{clock::Millis, fulfilment::Fulfilment};
use crate::{Finish, Lease, Release, Settlement, Token};
use domain::{OrderEvent, OrderId};
use rusqlite::{Connection, Result};

pub(super) fn record_attempt(
    db: &Connection,
    order: OrderId,
    lease: &Lease,
    now: Millis,
) -> Result<Settlement> {
    let changed = db
        .prepare_cached(
            "UPDATE fulfilment SET attempts = attempts + 1, lease_until = ?3 WHERE order_id = ?1 AND token = ?2",
        )?
        .execute((order.0, lease.token.0.into_bytes(), now.after(lease.duration)))?;
    Ok(if changed == 1 { Settlement::Applied } else { Settlement::Stale })
}

pub(super) fn finish(
    db: &Connection,
    order: OrderId,
    token: &Token,
    finish: &Finish,
    now: Millis,
) -> Result<Settlement> {
    let Some(making) = Fulfilment::held(db, order, token)? else { return Ok(Settlement::Stale) };
    match finish {
        Finish::Fulfilled { jwt } => {
            making.step(db, OrderEvent::PizzaVerified, now, |fulfilled| {
                fulfilled.fulfilled_at = Some(now);
                fulfilled.reason = None;
                fulfilled.unverified_pizza = None;
            })?;
            keep_pizza(db, order, jwt)?;
            count_revenue(db, order)?;
        }
        Finish::Rejected { reason } => {
            making.step(db, OrderEvent::RefusedForGood, now, |rejected| {
                rejected.reason = Some(reason.clone());
                rejected.unverified_pizza = None;
            })?;
        }
        // What the factory answered is kept: after a redrive it is still to be verified, not posted again.
        Finish::Quarantined { reason } => {
            making.step(db, OrderEvent::KeptFailing, now, |quarantined| {
                quarantined.reason = Some(reason.clone());
            })?;
        }
    }
    Ok(Settlement::Applied)
}

fn keep_pizza(db: &Connection, order: OrderId, jwt: &str) -> Result<()> {
    db.prepare_cached("INSERT INTO pizza (order_id, jwt) VALUES (?1, ?2)")?.execute((order.0, jwt))?;
    Ok(())
}

/// The sum stays an integer, however large: SQLite would turn one that overflows into a float.
fn count_revenue(db: &Connection, order: OrderId) -> Result<()> {
    db.prepare_cached(
        "UPDATE store SET revenue = min(revenue + (SELECT sum(price) FROM order_item WHERE order_id = ?1), ?2)
         WHERE id = (SELECT store_id FROM diner_order WHERE id = ?1)",
    )?
    .execute((order.0, i64::MAX))?;
    Ok(())
}

pub(super) fn release(
    db: &Connection,
    order: OrderId,
    token: &Token,
    release: &Release,
    now: Millis,
) -> Result<Settlement> {
    let Some(making) = Fulfilment::held(db, order, token)? else { return Ok(Settlement::Stale) };
    making.step(db, OrderEvent::RetryLater, now, |queued| {
        if let Some(due_in) = release.due_in {
            queued.due_at = now.after(due_in);
        }
        if release.attempt_unspent {
            queued.attempts = queued.attempts.saturating_sub(1);
        }
        if release.strike {
            queued.strikes = queued.strikes.saturating_add(1);
        }
        if release.failure.is_some() {
            queued.reason.clone_from(&release.failure);
        }
        queued.unverified_pizza.clone_from(&release.unverified_pizza);
    })?;
    Ok(Settlement::Applied)
}

pub(super) const EXPIRED: &str =
    "SELECT order_id FROM fulfilment WHERE state = 'making' AND lease_until <= ?1";

pub(super) fn rescue_expired(db: &Connection, now: Millis) -> Result<u64> {
    let expired: Vec<i64> =
        db.prepare_cached(EXPIRED)?.query_map([now], |row| row.get(0))?.collect::<Result<_>>()?;
    let mut rescued = 0;
    for order in expired {
        if let Some(making) = Fulfilment::of(db, OrderId(order))?
            && making.step(db, OrderEvent::LeaseExpired, now, |queued| queued.due_at = now)?
        {
            rescued += 1;
        }
    }
    Ok(rescued)
}

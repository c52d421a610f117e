//! Taking due orders out of the queue.

use super::{
    clock::Millis,
    column::{time, token_column},
    fulfilment::Fulfilment,
};
use crate::{Claim, ClaimedOrder, Lease, Pick};
use domain::{Bitcoin, Diner, FranchiseId, MenuId, OrderEvent, OrderId, OrderItem, StoreId, UserId};
use rusqlite::{Connection, OptionalExtension, Result};
use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::atomic::{AtomicI64, Ordering},
};

/// The franchise whose turn it was last. Lost on a restart, which is no more than a turn lost.
pub(super) type Turn = AtomicI64;

pub(super) fn claim_due(
    db: &Connection,
    claim: &Claim,
    turn: &Turn,
    now: Millis,
) -> Result<Vec<ClaimedOrder>> {
    let mut claimed = Vec::new();
    let mut picker = Picker { db, now, pick: claim.pick, turn, heads: None };
    while claimed.len() < claim.limit as usize
        && let Some(order) = picker.next()?
    {
        claimed.push(take(db, order, &claim.lease, now)?);
    }
    Ok(claimed)
}

struct Picker<'a> {
    db: &'a Connection,
    now: Millis,
    pick: Pick,
    turn: &'a Turn,
    heads: Option<Heads>,
}

/// The order of each franchise that has been due longest.
struct Heads {
    by_due_time: BinaryHeap<Reverse<(Millis, OrderId, i64)>>,
    /// Whose head was taken last: what it has now, nobody has looked.
    taken_from: Option<i64>,
}

impl Picker<'_> {
    /// The next order to claim; the one before it is no longer queued.
    fn next(&mut self) -> Result<Option<OrderId>> {
        match self.pick {
            Pick::Oldest => self.oldest(),
            Pick::FairShare => self.of_the_next_franchise(),
        }
    }

    /// The first franchise after the last one's turn that has a due order. A franchise whose orders are
    /// all due later costs two look-ups.
    fn of_the_next_franchise(&mut self) -> Result<Option<OrderId>> {
        let last = self.turn.load(Ordering::Relaxed);
        let mut wrapped = false;
        let mut after = last;
        loop {
            match waiting_franchise(self.db, after)? {
                Some(franchise) if !(wrapped && franchise > last) => {
                    after = franchise;
                    if let Some((_, order)) = longest_due(self.db, franchise, self.now)? {
                        self.turn.store(franchise, Ordering::Relaxed);
                        return Ok(Some(order));
                    }
                }
                None if !wrapped => {
                    wrapped = true;
                    after = i64::MIN;
                }
                _ => return Ok(None),
            }
        }
    }

    /// Each franchise is looked at once, and once more for each order that was taken from it.
    fn oldest(&mut self) -> Result<Option<OrderId>> {
        let mut heads = match self.heads.take() {
            Some(heads) => heads,
            None => self.all_heads()?,
        };
        if let Some(franchise) = heads.taken_from.take() {
            heads.look_at(self.db, franchise, self.now)?;
        }
        let oldest = heads.by_due_time.pop().map(|Reverse((_, order, franchise))| {
            heads.taken_from = Some(franchise);
            order
        });
        self.heads = Some(heads);
        Ok(oldest)
    }

    fn all_heads(&self) -> Result<Heads> {
        let mut heads = Heads { by_due_time: BinaryHeap::new(), taken_from: None };
        let mut after = i64::MIN;
        while let Some(franchise) = waiting_franchise(self.db, after)? {
            after = franchise;
            heads.look_at(self.db, franchise, self.now)?;
        }
        Ok(heads)
    }
}

impl Heads {
    fn look_at(&mut self, db: &Connection, franchise: i64, now: Millis) -> Result<()> {
        if let Some((due, order)) = longest_due(db, franchise, now)? {
            self.by_due_time.push(Reverse((due, order, franchise)));
        }
        Ok(())
    }
}

pub(super) const WAITING_FRANCHISE: &str = "SELECT franchise_id FROM fulfilment
     WHERE state = 'queued' AND franchise_id > ?1 ORDER BY franchise_id LIMIT 1";

fn waiting_franchise(db: &Connection, after: i64) -> Result<Option<i64>> {
    db.prepare_cached(WAITING_FRANCHISE)?.query_row([after], |row| row.get(0)).optional()
}

pub(super) const LONGEST_DUE: &str = "SELECT due_at, order_id FROM fulfilment
     WHERE state = 'queued' AND franchise_id = ?1 AND due_at <= ?2 ORDER BY due_at, order_id LIMIT 1";

fn longest_due(db: &Connection, franchise: i64, now: Millis) -> Result<Option<(Millis, OrderId)>> {
    db.prepare_cached(LONGEST_DUE)?
        .query_row((franchise, now), |row| Ok((row.get(0)?, OrderId(row.get(1)?))))
        .optional()
}

fn take(db: &Connection, order: OrderId, lease: &Lease, now: Millis) -> Result<ClaimedOrder> {
    let fulfilment = Fulfilment::of(db, order)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let taken = fulfilment.step(db, OrderEvent::Claimed, now, |making| {
        making.token = Some(token_column(&lease.token));
        making.lease_until = Some(now.after(lease.duration));
        making.attempts = making.attempts.saturating_add(1);
    })?;
    if !taken {
        return Err(rusqlite::Error::StatementChangedRows(0));
    }
    db.prepare_cached(
        "SELECT diner_id, diner_name, diner_email, fulfilment.franchise_id, store_id, date, attempts, strikes,
             unverified_pizza, traceparent
         FROM fulfilment JOIN diner_order ON diner_order.id = fulfilment.order_id
         WHERE fulfilment.order_id = ?1",
    )?
    .query_row([order.0], |row| {
        Ok(ClaimedOrder {
            id: order,
            diner: Diner { id: UserId(row.get(0)?), name: row.get(1)?, email: row.get(2)? },
            franchise: FranchiseId(row.get(3)?),
            store: StoreId(row.get(4)?),
            items: items(db, order)?,
            date: time(row, 5)?,
            token: lease.token.clone(),
            attempts: row.get(6)?,
            strikes: row.get(7)?,
            unverified_pizza: row.get(8)?,
            traceparent: row.get(9)?,
        })
    })
}

fn items(db: &Connection, order: OrderId) -> Result<Vec<OrderItem>> {
    let mut statement = db.prepare_cached(
        "SELECT menu_id, description, price FROM order_item WHERE order_id = ?1 ORDER BY number",
    )?;
    let items = statement.query_map([order.0], |row| {
        Ok(OrderItem {
            menu_id: MenuId(row.get(0)?),
            description: row.get(1)?,
            price: Bitcoin::from_satoshi(row.get(2)?),
        })
    })?;
    items.collect()
}

//! One step in an order's life: the only code that changes a state.
//!
//! Each step appends a status event. The first one, that the order was placed, is written with the second:
//! until then the order's own row says the same, and an order saved in an outage costs one row less.

use super::{
    clock::Millis,
    column::{state, token_column},
};
use crate::Token;
use domain::{OrderEvent, OrderId, OrderState};
use rusqlite::{Connection, Error, OptionalExtension, Result};

/// What can change about an order's fulfilment.
pub(super) struct Fulfilment {
    order: OrderId,
    pub(super) state: OrderState,
    version: u32,
    queued_at: Millis,
    pub(super) token: Option<[u8; 16]>,
    pub(super) lease_until: Option<Millis>,
    pub(super) due_at: Millis,
    pub(super) attempts: u32,
    pub(super) strikes: u32,
    pub(super) fulfilled_at: Option<Millis>,
    pub(super) reason: Option<String>,
    pub(super) unverified_pizza: Option<String>,
}

impl Fulfilment {
    pub(super) fn of(db: &Connection, order: OrderId) -> Result<Option<Self>> {
        db.prepare_cached(
            "SELECT state, version, queued_at, token, lease_until, due_at, attempts, strikes, fulfilled_at,
                 reason, unverified_pizza
             FROM fulfilment WHERE order_id = ?1",
        )?
        .query_row([order.0], |row| {
            Ok(Self {
                order,
                state: state(row, 0)?,
                version: row.get(1)?,
                queued_at: row.get(2)?,
                token: row.get(3)?,
                lease_until: row.get(4)?,
                due_at: row.get(5)?,
                attempts: row.get(6)?,
                strikes: row.get(7)?,
                fulfilled_at: row.get(8)?,
                reason: row.get(9)?,
                unverified_pizza: row.get(10)?,
            })
        })
        .optional()
    }

    /// The order's fulfilment if it is still in the hands of whoever has this token. A lease that ran out
    /// takes nothing from them until somebody rescues the order.
    pub(super) fn held(db: &Connection, order: OrderId, token: &Token) -> Result<Option<Self>> {
        let found = Self::of(db, order)?;
        Ok(found.filter(|fulfilment| fulfilment.token == Some(token_column(token))))
    }

    /// Lets `event` happen, with `change` to whatever else it changes, and appends it to the status events.
    /// Every step takes the order out of the hands it was in; a claim says in `change` whose it is now.
    /// Whether the step is legal: if not, nothing changed.
    pub(super) fn step(
        self,
        db: &Connection,
        event: OrderEvent,
        now: Millis,
        change: impl FnOnce(&mut Self),
    ) -> Result<bool> {
        let (from, token) = (self.state, self.token);
        let Ok(to) = from.after(event) else { return Ok(false) };
        if self.version == 1 {
            append_event(db, self.order, 1, from, self.queued_at)?;
        }
        let mut next = Self { state: to, version: self.version + 1, token: None, lease_until: None, ..self };
        change(&mut next);
        next.compare_and_set(db, from, token)?;
        append_event(db, next.order, next.version, to, now)?;
        Ok(true)
    }

    fn compare_and_set(&self, db: &Connection, from: OrderState, token: Option<[u8; 16]>) -> Result<()> {
        let changed = db
            .prepare_cached(
                "UPDATE fulfilment SET state = ?4, version = ?5, token = ?6, lease_until = ?7, due_at = ?8,
                     attempts = ?9, strikes = ?10, fulfilled_at = ?11, reason = ?12, unverified_pizza = ?13
                 WHERE order_id = ?1 AND state = ?2 AND token IS ?3",
            )?
            .execute((
                self.order.0,
                from.as_str(),
                token,
                self.state.as_str(),
                self.version,
                self.token,
                self.lease_until,
                self.due_at,
                self.attempts,
                self.strikes,
                self.fulfilled_at,
                &self.reason,
                &self.unverified_pizza,
            ))?;
        // It was read in this very transaction, so anything but one row is a defect; nothing is committed then.
        if changed == 1 { Ok(()) } else { Err(Error::StatementChangedRows(changed)) }
    }
}

fn append_event(db: &Connection, order: OrderId, number: u32, state: OrderState, at: Millis) -> Result<()> {
    db.prepare_cached("INSERT INTO order_event (order_id, number, state, at) VALUES (?1, ?2, ?3, ?4)")?
        .execute((order.0, number, state.as_str(), at))?;
    Ok(())
}

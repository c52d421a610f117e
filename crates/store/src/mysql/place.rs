//! Saving orders: the hot path of an outage, so every statement and every index on it is counted.

use super::{
    column::{after, fits_a_price, fits_a_text, fits_an_id, get, time, time_value, token_value},
    connection::Connection,
    failure::Failure,
    many,
    transaction::Transaction,
    writer::Work,
};
use crate::{Idempotency, NewOrder, Placed};
use domain::{OrderId, OrderState, UserId};
use jiff::Timestamp;
use mysql_async::Value;
use std::time::Duration;

const KEYS_LIVE_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether the historic tables can hold it. One order that they cannot hold must not fail those it is saved with.
pub(super) fn fits(order: &NewOrder) -> Result<(), Failure> {
    fits_an_id(order.diner.id.0, "diner")?;
    fits_an_id(order.franchise.0, "franchise")?;
    fits_an_id(order.store.0, "store")?;
    fits_a_text(&order.diner.name, "name")?;
    fits_a_text(&order.diner.email, "e-mail address")?;
    fits_a_text(order.traceparent.as_deref().unwrap_or_default(), "traceparent")?;
    for item in &order.items {
        fits_an_id(item.menu_id.0, "menu item")?;
        fits_a_text(&item.description, "title")?;
        fits_a_price(item.price)?;
    }
    Ok(())
}

impl Work for NewOrder {
    type Answer = Placed;
    /// The same request twice at once: the second one finds the first.
    type Key = (UserId, String);

    async fn write_all(tx: &mut Transaction, all: &[Self]) -> Result<Vec<Placed>, Failure> {
        place_orders(tx, all).await
    }

    fn key(&self) -> Option<Self::Key> {
        self.idempotency.as_ref().map(|it| (self.diner.id, it.key.as_str().to_owned()))
    }
}

async fn place_orders(tx: &mut Transaction, orders: &[NewOrder]) -> Result<Vec<Placed>, Failure> {
    let mut placed = Vec::with_capacity(orders.len());
    for order in orders {
        placed.push(match &order.idempotency {
            // Hardly ever is there an earlier one. If there is, writing the key again fails, and leads here again.
            Some(idempotency) if tx.again => earlier(tx, order.diner.id, idempotency).await?,
            _ => None,
        });
    }
    let new: Vec<&NewOrder> =
        orders.iter().zip(&placed).filter(|(_, placed)| placed.is_none()).map(|(order, _)| order).collect();
    let mut ids = insert_all(tx, &new).await?.into_iter();
    let date = tx.now;
    let saved = |placed: Option<Placed>| placed.or_else(|| Some(Placed::Saved { id: ids.next()?, date }));
    let placed: Option<Vec<Placed>> = placed.into_iter().map(saved).collect();
    placed.ok_or_else(|| Failure::Unreadable("an order was given no id".into()))
}

async fn insert_all(tx: &mut Transaction, new: &[&NewOrder]) -> Result<Vec<OrderId>, Failure> {
    let ids = insert_orders(tx, new).await?;
    insert_items(tx, new, &ids).await?;
    insert_fulfilments(tx, new, &ids).await?;
    remember_keys(tx, new, &ids).await?;
    Ok(ids)
}

async fn insert_orders(tx: &mut Transaction, new: &[&NewOrder]) -> Result<Vec<OrderId>, Failure> {
    let now = time_value(whole_second(tx.now));
    let columns = |order: &&NewOrder| {
        [order.diner.id.0.into(), order.franchise.0.into(), order.store.0.into(), now.clone()]
    };
    let values = new.iter().flat_map(columns).collect();
    let insert = "INSERT INTO dinerOrder (dinerId, franchiseId, storeId, date) VALUES";
    Ok(many::insert_with_ids(tx, insert, 4, values).await?.into_iter().map(OrderId).collect())
}

async fn insert_items(tx: &mut Transaction, new: &[&NewOrder], ids: &[OrderId]) -> Result<(), Failure> {
    let values = new.iter().zip(ids).flat_map(|(order, id)| {
        order.items.iter().flat_map(|item| {
            [
                Value::from(id.0),
                item.menu_id.0.into(),
                item.description.as_str().into(),
                item.price.to_string().into(),
            ]
        })
    });
    let insert = "INSERT INTO orderItem (orderId, menuId, description, price) VALUES";
    many::insert(tx, insert, 4, values.collect()).await
}

/// Queued, or in the caller's hands at once; either way that is its first status event.
async fn insert_fulfilments(tx: &mut Transaction, new: &[&NewOrder], ids: &[OrderId]) -> Result<(), Failure> {
    let now = time_value(tx.now);
    let (mut queued, mut making) = (Vec::new(), Vec::new());
    for (order, id) in new.iter().zip(ids) {
        let columns = [
            Value::from(id.0),
            order.franchise.0.into(),
            now.clone(),
            now.clone(),
            order.diner.name.as_str().into(),
            order.diner.email.as_str().into(),
            order.traceparent.as_deref().into(),
        ];
        match &order.claim {
            None => queued.extend(columns),
            Some(lease) => {
                let until = time_value(after(tx.now, lease.duration));
                making.extend(columns);
                making.extend([MAKING.as_str().into(), 1.into(), token_value(&lease.token), until]);
            }
        }
    }
    many::insert(tx, INSERT_QUEUED, 7, queued).await?;
    many::insert(tx, INSERT_MAKING, 11, making).await
}

/// Where an order that is in the caller's hands at once stands.
const MAKING: OrderState = OrderState::Making;

/// The defaults of the other columns are what is true of an order that waits.
const INSERT_QUEUED: &str = "INSERT INTO fulfilment (orderId, franchiseId, queuedAt, dueAt, dinerName, dinerEmail, traceparent) VALUES";
const INSERT_MAKING: &str =
    "INSERT INTO fulfilment (orderId, franchiseId, queuedAt, dueAt, dinerName, dinerEmail, traceparent,
         state, attempts, token, leaseUntil) VALUES";

/// Fails where a key of the same name exists.
async fn remember_keys(tx: &mut Transaction, new: &[&NewOrder], ids: &[OrderId]) -> Result<(), Failure> {
    let expires_at = time_value(after(tx.now, KEYS_LIVE_FOR));
    let keyed = new.iter().zip(ids).filter_map(|(order, id)| {
        let idempotency = order.idempotency.as_ref()?;
        Some([
            Value::from(order.diner.id.0),
            idempotency.key.as_str().into(),
            idempotency.request_hash.as_slice().into(),
            id.0.into(),
            expires_at.clone(),
        ])
    });
    let insert = "INSERT INTO idempotency (userId, name, requestHash, orderId, expiresAt) VALUES";
    let values = keyed.flatten().collect();
    many::insert(tx, insert, 5, values).await
}

/// What became of this request earlier, while its key lives. A key that has expired is forgotten.
async fn earlier(
    tx: &mut Transaction,
    diner: UserId,
    idempotency: &Idempotency,
) -> Result<Option<Placed>, Failure> {
    match kept(tx, diner, idempotency).await? {
        Some((placed, expires_at)) if expires_at > tx.now => Ok(Some(placed)),
        Some(_) => {
            let forget = "DELETE FROM idempotency WHERE userId = ? AND name = ? AND expiresAt <= ?";
            let now = time_value(tx.now);
            tx.execute(forget, (diner.0, idempotency.key.as_str(), now)).await?;
            Ok(None)
        }
        None => Ok(None),
    }
}

pub(super) async fn placed_earlier(
    db: &mut Connection,
    diner: UserId,
    idempotency: &Idempotency,
) -> Result<Option<Placed>, Failure> {
    let now = super::transaction::now(db).await?;
    let kept = kept(db, diner, idempotency).await?;
    Ok(kept.filter(|(_, expires_at)| *expires_at > now).map(|(placed, _)| placed))
}

pub(super) const KEPT: &str =
    "SELECT requestHash, orderId, expiresAt FROM idempotency WHERE userId = ? AND name = ?";

async fn kept(
    db: &mut Connection,
    diner: UserId,
    idempotency: &Idempotency,
) -> Result<Option<(Placed, Timestamp)>, Failure> {
    let row = db.row(KEPT, (diner.0, idempotency.key.as_str())).await?;
    let Some(row) = row else { return Ok(None) };
    let same = get::<Vec<u8>>(&row, 0)? == idempotency.request_hash;
    let placed = if same { Placed::Replayed(OrderId(get(&row, 1)?)) } else { Placed::KeyReused };
    Ok(Some((placed, time(&row, 2)?)))
}

/// The historic column keeps no more, and would round up to a second that has not come yet.
fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

//! What becomes of an order that is being made: it goes on, ends, goes back to the queue, or is rescued.

use super::{
    column::{after, get, time_value, token_value},
    connection::Connection,
    events,
    failure::Failure,
    many, revenue,
    transaction::Transaction,
    writer::Work,
};
use crate::{Finish, Release, Settlement, Token};
use domain::{OrderEvent, OrderId, OrderState};
use mysql_async::Value;
use std::time::Duration;

/// Something that the holder of an order says about it.
#[derive(Debug)]
pub(super) struct Settle {
    pub(super) order: OrderId,
    pub(super) token: Token,
    pub(super) what: What,
}

/// What they say.
#[derive(Debug)]
pub(super) enum What {
    /// One more attempt, with a lease of so long from now.
    Attempt(Duration),
    Finish(Finish),
    Release(Release),
}

impl What {
    /// Where it leads an order that is being made; `None`: nowhere.
    fn state(&self) -> Option<OrderState> {
        let event = match self {
            Self::Attempt(_) => return None,
            Self::Finish(Finish::Fulfilled { .. }) => OrderEvent::PizzaVerified,
            Self::Finish(Finish::Rejected { .. }) => OrderEvent::RefusedForGood,
            Self::Finish(Finish::Quarantined { .. }) => OrderEvent::KeptFailing,
            Self::Release(_) => OrderEvent::RetryLater,
        };
        OrderState::Making.after(event).ok()
    }
}

impl Work for Settle {
    type Answer = Settlement;
    /// Whatever else is told of the same order at once comes first or too late.
    type Key = ();

    async fn write_all(tx: &mut Transaction, all: &[Self]) -> Result<Vec<Settlement>, Failure> {
        settle_all(tx, all).await
    }

    fn key(&self) -> Option<()> {
        None
    }
}

/// Each by itself a compare-and-set on the holder's token; what was told of several orders is written together.
async fn settle_all(tx: &mut Transaction, settles: &[Settle]) -> Result<Vec<Settlement>, Failure> {
    let mut settlements = vec![Settlement::Stale; settles.len()];
    let (mut steps, mut pizzas, mut fulfilled) = (Vec::new(), Vec::new(), Vec::new());
    // In one order, so that transactions do not wait for each other in a circle.
    let mut sorted: Vec<usize> = (0..settles.len()).collect();
    sorted.sort_by_key(|&at| settles[at].order);
    for at in sorted {
        let settle = &settles[at];
        if !compare_and_set(tx, settle).await? {
            continue;
        }
        settlements[at] = Settlement::Applied;
        steps.extend(settle.what.state().map(|state| (settle.order, state)));
        if let What::Finish(Finish::Fulfilled { jwt }) = &settle.what {
            pizzas.extend([Value::from(settle.order.0), jwt.as_str().into()]);
            fulfilled.push(settle.order);
        }
    }
    events::append(tx, OrderState::Making, &steps).await?;
    many::insert(tx, "INSERT INTO pizza (orderId, jwt) VALUES", 2, pizzas).await?;
    revenue::count(tx, &fulfilled).await?;
    Ok(settlements)
}

/// Whether the order was still in the hands of whoever has this token. A lease that ran out takes nothing from them
/// until somebody rescues the order. Every step takes it out of their hands.
async fn compare_and_set(tx: &mut Transaction, settle: &Settle) -> Result<bool, Failure> {
    let now = tx.now;
    let state = settle.what.state().map_or(Value::NULL, |state| state.as_str().into());
    let (set, mut values): (&str, Vec<Value>) = match &settle.what {
        What::Attempt(lease) => {
            ("attempts = attempts + 1, leaseUntil = ?", vec![time_value(after(now, *lease))])
        }
        What::Finish(Finish::Fulfilled { .. }) => (
            "state = ?, version = version + 1, token = NULL, leaseUntil = NULL,
                 fulfilledAt = ?, reason = NULL, unverifiedPizza = NULL",
            vec![state, time_value(now)],
        ),
        What::Finish(Finish::Rejected { reason }) => (
            "state = ?, version = version + 1, token = NULL, leaseUntil = NULL,
                 reason = ?, unverifiedPizza = NULL",
            vec![state, reason.as_str().into()],
        ),
        // What the factory answered is kept: after a redrive it is still to be verified, not posted again.
        What::Finish(Finish::Quarantined { reason }) => (
            "state = ?, version = version + 1, token = NULL, leaseUntil = NULL, reason = ?",
            vec![state, reason.as_str().into()],
        ),
        What::Release(release) => (
            "state = ?, version = version + 1, token = NULL, leaseUntil = NULL,
                 dueAt = COALESCE(?, dueAt), attempts = attempts - LEAST(attempts, ?), strikes = strikes + ?,
                 reason = COALESCE(?, reason), unverifiedPizza = ?",
            vec![
                state,
                release.due_in.map_or(Value::NULL, |due_in| time_value(after(now, due_in))),
                i32::from(release.attempt_unspent).into(),
                i32::from(release.strike).into(),
                release.failure.as_deref().into(),
                release.unverified_pizza.as_deref().into(),
            ],
        ),
    };
    values.extend([Value::from(settle.order.0), token_value(&settle.token)]);
    let sql = format!("UPDATE fulfilment SET {set} WHERE orderId = ? AND token = ? AND state = 'making'");
    Ok(tx.execute(&sql, values).await? == 1)
}

/// What is rescued in one transaction.
const TOGETHER: u32 = 64;

pub(super) const EXPIRED: &str = "SELECT orderId FROM fulfilment
     WHERE state = 'making' AND leaseUntil <= NOW(3) ORDER BY orderId LIMIT ?";

/// Some of the orders whose lease ran out.
pub(super) async fn expired(db: &mut Connection) -> Result<Vec<OrderId>, Failure> {
    let rows = db.rows(EXPIRED, (TOGETHER,)).await?;
    rows.iter().map(|row| get(row, 0).map(OrderId)).collect()
}

/// Gives those back to the queue, due now, whose lease is still over; how many there were.
pub(super) async fn rescue(tx: &mut Transaction, orders: &[OrderId]) -> Result<u64, Failure> {
    let ids: Vec<Value> = orders.iter().map(|order| Value::from(order.0)).collect();
    let now = time_value(tx.now);
    let over = "SELECT orderId FROM fulfilment
         WHERE state = 'making' AND leaseUntil <= ? AND orderId IN (IDS) ORDER BY orderId FOR UPDATE";
    let rows = many::select(tx, over, std::slice::from_ref(&now), &ids).await?;
    let over = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<i64>, _>>()?;
    let ids: Vec<Value> = over.iter().map(|&order| Value::from(order)).collect();
    let rescued = OrderState::Making.after(OrderEvent::LeaseExpired).unwrap_or(OrderState::Queued);
    many::execute(
        tx,
        "UPDATE fulfilment SET state = ?, version = version + 1, token = NULL, leaseUntil = NULL, dueAt = ?
         WHERE orderId IN (IDS)",
        &[rescued.as_str().into(), now],
        &ids,
    )
    .await?;
    let steps: Vec<_> = over.iter().map(|&order| (OrderId(order), rescued)).collect();
    events::append(tx, OrderState::Making, &steps).await?;
    Ok(steps.len() as u64)
}

//! Taking due orders out of the queue.
//!
//! Row locks hold on one node only, so nothing rests on them: candidates are chosen without any, and taken by a
//! compare-and-set that at most one instance wins. Who loses looks further, and in another order than the winner.

use super::{
    column::{after, get, optional_time, time, time_value, token_value},
    connection::Connection,
    events,
    failure::Failure,
    many, orders,
    pool::Pool,
    transaction::{Proof, Transaction, reading, writing},
};
use crate::{Claim, ClaimedOrder, Lease, Pick, StoreError};
use domain::{Diner, FranchiseId, OrderEvent, OrderId, OrderItem, OrderState, StoreId, UserId};
use jiff::Timestamp;
use mysql_async::{Row, Value};
use std::{
    collections::HashMap,
    sync::atomic::{AtomicI64, Ordering},
};

/// The franchise whose turn it was last. Lost on a restart, which is no more than a turn lost.
pub(super) type Turn = AtomicI64;

/// What is taken in one transaction.
const TOGETHER: usize = 64;
/// How much further a loser looks.
const FURTHER: usize = 4;
/// Races to lose before what was won has to do.
const RACES: u32 = 100;

pub(super) async fn claim_due(
    pool: &Pool,
    claim: &Claim,
    turn: &Turn,
) -> Result<Vec<ClaimedOrder>, StoreError> {
    let mut claimed = Vec::new();
    let mut races_lost = 0;
    while claimed.len() < claim.limit as usize && races_lost < RACES {
        let wanted = TOGETHER.min(claim.limit as usize - claimed.len());
        match take_some(pool, claim, turn, wanted, races_lost > 0).await {
            Ok(None) => break,
            Ok(Some((taken, all))) => {
                races_lost += u32::from(!all);
                claimed.extend(taken);
            }
            // What was claimed before is in our hands.
            Err(error) if claimed.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(claimed)
}

/// Tries to take so many of those that are due, and answers what it got and whether that was all it tried to get.
/// `None`: none is due.
async fn take_some(
    pool: &Pool,
    claim: &Claim,
    turn: &Turn,
    wanted: usize,
    again: bool,
) -> Result<Option<(Vec<ClaimedOrder>, bool)>, StoreError> {
    let look_at = if again { wanted * FURTHER } else { wanted };
    let last = turn.load(Ordering::Relaxed);
    let mut candidates = reading!(pool, db => candidates(db, claim.pick, look_at, last))?;
    if candidates.is_empty() {
        return Ok(None);
    }
    if again {
        fastrand::shuffle(&mut candidates);
        candidates.truncate(wanted);
    }
    let mut taken = writing!(pool, Proof::Receipt, tx => take(tx, &candidates, &claim.lease))?;
    let all = taken.len() == candidates.len();
    let taken: Vec<_> = candidates.iter().filter_map(|order| taken.remove(order)).collect();
    if let (Pick::FairShare, Some(order)) = (claim.pick, taken.last()) {
        turn.store(order.franchise.0, Ordering::Relaxed);
    }
    Ok(Some((taken, all)))
}

/// An order that is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Timestamp,
    order: OrderId,
}

/// Up to `limit` due orders, in the order in which they should be taken.
async fn candidates(
    db: &mut Connection,
    pick: Pick,
    limit: usize,
    last_turn: i64,
) -> Result<Vec<OrderId>, Failure> {
    let mut franchises = due_franchises(db).await?;
    match pick {
        Pick::Oldest => keep_longest_due(&mut franchises, limit),
        // Those after the last one's turn come first.
        Pick::FairShare => {
            franchises.sort_by_key(|&(franchise, _)| (franchise <= last_turn, franchise));
            franchises.truncate(limit);
        }
    }
    if franchises.is_empty() {
        return Ok(Vec::new());
    }
    let each = match pick {
        Pick::Oldest => limit,
        Pick::FairShare => limit.div_ceil(franchises.len()),
    };
    let lanes = longest_due(db, &franchises, each).await?;
    let mut orders = match pick {
        Pick::Oldest => merged(lanes),
        Pick::FairShare => in_turn(&lanes),
    };
    orders.truncate(limit);
    Ok(orders)
}

/// Those that have the `limit` orders that are due longest: more than that many if several are due at once.
fn keep_longest_due(franchises: &mut Vec<(i64, Timestamp)>, limit: usize) {
    franchises.sort_by_key(|&(_, due)| due);
    if let Some(&(_, last)) = limit.checked_sub(1).and_then(|at| franchises.get(at)) {
        franchises.retain(|&(_, due)| due <= last);
    }
}

/// The franchises that have due orders, and since when. Grouped by the state too, though there is but one: only then
/// does MariaDB jump through the index from franchise to franchise.
pub(super) const DUE_FRANCHISES: &str = "SELECT franchiseId, MIN(dueAt) AS due FROM fulfilment
     WHERE state = 'queued' GROUP BY state, franchiseId HAVING due <= NOW(3)";

async fn due_franchises(db: &mut Connection) -> Result<Vec<(i64, Timestamp)>, Failure> {
    let rows = db.rows(DUE_FRANCHISES, ()).await?;
    rows.iter().map(|row| Ok((get(row, 0)?, time(row, 1)?))).collect()
}

/// The longest due orders of each franchise.
async fn longest_due(
    db: &mut Connection,
    franchises: &[(i64, Timestamp)],
    each: usize,
) -> Result<Vec<Vec<Due>>, Failure> {
    let mut found: HashMap<i64, Vec<Due>> = HashMap::new();
    for franchises in franchises.chunks(TOGETHER) {
        let lanes: Vec<String> = franchises.iter().map(|&(franchise, _)| lane(franchise, each)).collect();
        for row in &db.command(&lanes.join(" UNION ALL ")).await? {
            let due = Due { at: time(row, 1)?, order: OrderId(get(row, 2)?) };
            found.entry(get(row, 0)?).or_default().push(due);
        }
    }
    let mut lanes: Vec<_> =
        franchises.iter().map(|(franchise, _)| found.remove(franchise).unwrap_or_default()).collect();
    lanes.iter_mut().for_each(|lane| lane.sort());
    Ok(lanes)
}

/// Nothing but numbers stands in for anything here.
pub(super) fn lane(franchise: i64, limit: usize) -> String {
    format!(
        "(SELECT franchiseId, dueAt, orderId FROM fulfilment FORCE INDEX (queue)
          WHERE state = 'queued' AND franchiseId = {franchise} AND dueAt <= NOW(3)
          ORDER BY dueAt, orderId LIMIT {limit})"
    )
}

fn merged(lanes: Vec<Vec<Due>>) -> Vec<OrderId> {
    let mut all = lanes.concat();
    all.sort();
    all.into_iter().map(|due| due.order).collect()
}

fn in_turn(lanes: &[Vec<Due>]) -> Vec<OrderId> {
    let longest = lanes.iter().map(Vec::len).max().unwrap_or(0);
    let round = |n: usize| lanes.iter().filter_map(move |lane| lane.get(n));
    (0..longest).flat_map(round).map(|due| due.order).collect()
}

/// Takes those that are still queued and due: the compare-and-set.
async fn take(
    tx: &mut Transaction,
    candidates: &[OrderId],
    lease: &Lease,
) -> Result<HashMap<OrderId, ClaimedOrder>, Failure> {
    // In one order, so that transactions do not wait for each other in a circle.
    let mut sorted = candidates.to_vec();
    sorted.sort();
    let ids: Vec<Value> = sorted.iter().map(|order| Value::from(order.0)).collect();
    let queued = OrderState::Queued;
    let making = queued.after(OrderEvent::Claimed).unwrap_or(queued);
    let now = time_value(tx.now);
    let until = time_value(after(tx.now, lease.duration));
    many::execute(
        tx,
        "UPDATE fulfilment FORCE INDEX (PRIMARY)
         SET state = ?, version = version + 1, token = ?, leaseUntil = ?, attempts = attempts + 1
         WHERE state = 'queued' AND dueAt <= ? AND orderId IN (IDS)",
        &[making.as_str().into(), token_value(&lease.token), until, now],
        &ids,
    )
    .await?;
    let taken = taken(tx, lease, &ids).await?;
    let steps: Vec<_> = taken.keys().map(|order| (*order, making)).collect();
    events::append(tx, queued, &steps).await?;
    Ok(taken)
}

/// Those of the candidates that are in our hands now, with everything that making them takes.
async fn taken(
    tx: &mut Transaction,
    lease: &Lease,
    candidates: &[Value],
) -> Result<HashMap<OrderId, ClaimedOrder>, Failure> {
    let sql = "SELECT fulfilment.orderId, dinerId, dinerName, dinerEmail, dinerOrder.franchiseId, storeId, queuedAt,
             attempts, strikes, unverifiedPizza, traceparent
         FROM fulfilment JOIN dinerOrder ON dinerOrder.id = fulfilment.orderId
         WHERE token = ? AND fulfilment.orderId IN (IDS)";
    let rows = many::select(tx, sql, &[token_value(&lease.token)], candidates).await?;
    let ids = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<Value>, _>>()?;
    let mut items = orders::items(tx, &ids).await?;
    let order = |row: &Row| {
        let id = OrderId(get(row, 0)?);
        let items = items.remove(&id).unwrap_or_default();
        let item = |item: crate::OrderedItem| OrderItem {
            menu_id: item.menu_id,
            description: item.description,
            price: item.price,
        };
        Ok((
            id,
            ClaimedOrder {
                id,
                diner: Diner { id: UserId(get(row, 1)?), name: get(row, 2)?, email: get(row, 3)? },
                franchise: FranchiseId(get(row, 4)?),
                store: StoreId(get(row, 5)?),
                items: items.into_iter().map(item).collect(),
                date: optional_time(row, 6)?.unwrap_or(tx.now),
                token: lease.token.clone(),
                attempts: get(row, 7)?,
                strikes: get(row, 8)?,
                unverified_pizza: get(row, 9)?,
                traceparent: get(row, 10)?,
            },
        ))
    };
    rows.iter().map(order).collect()
}

//! Notices on their way to people. They are claimed as orders are: chosen without locks, taken by a compare-and-set.

use super::{
    column::{after, fits_a_text, fits_bytes, get, time, time_value, token_value},
    connection::Connection,
    failure::Failure,
    many,
    pool::Pool,
    transaction::{Proof, Transaction, reading, writing},
};
use crate::{ClaimedNotice, Lease, NewNotice, NoticeOutcome, Settlement, StoreError, operations::unknown};
use mysql_async::{Row, Value};

/// The longest key.
const KEY: usize = 1024;
/// What is taken in one transaction.
const TOGETHER: u32 = 64;
/// Races to lose before what was won has to do.
const RACES: u32 = 10;

pub(super) async fn enqueue(tx: &mut Transaction, notices: &[NewNotice]) -> Result<u64, Failure> {
    for notice in notices {
        fits_bytes(&notice.key, KEY, "notice's key")?;
        fits_a_text(&notice.contact_point, "contact point")?;
    }
    let keys: Vec<Value> = notices.iter().map(|notice| notice.key.as_str().into()).collect();
    let rows = many::select(tx, "SELECT name FROM notice WHERE name IN (IDS)", &[], &keys).await?;
    let known = rows.iter().map(|row| get(row, 0)).collect::<Result<_, _>>()?;
    let new = unknown(notices, |notice| &notice.key, known);
    let now = time_value(tx.now);
    let values = new.iter().flat_map(|notice| {
        let texts = [&notice.key, &notice.contact_point, &notice.payload].map(Value::from);
        texts.into_iter().chain([now.clone(), now.clone()])
    });
    // Fails where somebody else was faster, and then finds what they wrote.
    let insert = "INSERT INTO notice (name, contactPoint, payload, queuedAt, dueAt) VALUES";
    many::insert(tx, insert, 5, values.collect()).await?;
    Ok(new.len() as u64)
}

pub(super) async fn claim(pool: &Pool, limit: u32, lease: &Lease) -> Result<Vec<ClaimedNotice>, StoreError> {
    let mut claimed: Vec<ClaimedNotice> = Vec::new();
    let mut races_lost = 0;
    while claimed.len() < limit as usize && races_lost < RACES {
        let wanted = TOGETHER.min(limit.saturating_sub(claimed.len() as u32));
        let candidates = reading!(pool, db => due(db, wanted))?;
        if candidates.is_empty() {
            break;
        }
        match writing!(pool, Proof::Receipt, tx => take(tx, &candidates, lease)) {
            Ok(taken) => {
                races_lost += u32::from(taken.len() < candidates.len());
                claimed.extend(taken);
            }
            // What was claimed before is in our hands.
            Err(error) if claimed.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(claimed)
}

pub(super) const DUE: &str = "SELECT id FROM notice WHERE dueAt <= NOW(3) ORDER BY dueAt, id LIMIT ?";

async fn due(db: &mut Connection, limit: u32) -> Result<Vec<i64>, Failure> {
    let rows = db.rows(DUE, (limit,)).await?;
    rows.iter().map(|row| get(row, 0)).collect()
}

/// Takes those that are still due.
async fn take(
    tx: &mut Transaction,
    candidates: &[i64],
    lease: &Lease,
) -> Result<Vec<ClaimedNotice>, Failure> {
    let (now, until) = (time_value(tx.now), time_value(after(tx.now, lease.duration)));
    let (token, ids) = (token_value(&lease.token), candidates.iter().map(Value::from).collect::<Vec<_>>());
    many::execute(
        tx,
        "UPDATE notice SET token = ?, dueAt = ?, attempts = attempts + 1 WHERE dueAt <= ? AND id IN (IDS)",
        &[token.clone(), until, now],
        &ids,
    )
    .await?;
    let taken = "SELECT id, name, contactPoint, payload, attempts, queuedAt FROM notice
         WHERE token = ? AND id IN (IDS)";
    let rows = many::select(tx, taken, &[token], &ids).await?;
    let mut taken = rows.iter().map(|row| claimed(row, lease)).collect::<Result<Vec<_>, _>>()?;
    // Those that have been due longest came first.
    taken.sort_by_key(|notice| candidates.iter().position(|id| *id == notice.id));
    Ok(taken)
}

fn claimed(row: &Row, lease: &Lease) -> Result<ClaimedNotice, Failure> {
    let notice = NewNotice { key: get(row, 1)?, contact_point: get(row, 2)?, payload: get(row, 3)? };
    let (token, attempts, queued_at) = (lease.token.clone(), get(row, 4)?, time(row, 5)?);
    Ok(ClaimedNotice { id: get(row, 0)?, token, notice, attempts, queued_at })
}

/// A lease that ran out takes nothing from its holder until somebody else claims the notice.
pub(super) async fn settle(
    tx: &mut Transaction,
    claimed: &ClaimedNotice,
    outcome: &NoticeOutcome,
) -> Result<Settlement, Failure> {
    let (due_at, settled_at, failure): (_, _, Value) = match outcome {
        NoticeOutcome::Sent => (Value::NULL, time_value(tx.now), Value::NULL),
        NoticeOutcome::RetryIn { due_in, why } => {
            (time_value(after(tx.now, *due_in)), Value::NULL, why.into())
        }
        NoticeOutcome::GivenUp { why } => (Value::NULL, time_value(tx.now), why.into()),
    };
    let settle = "UPDATE notice SET token = NULL, dueAt = ?, settledAt = ?, failure = ?
         WHERE id = ? AND token = ?";
    let values = (due_at, settled_at, failure, claimed.id, token_value(&claimed.token));
    Ok(match tx.execute(settle, values).await? {
        0 => Settlement::Stale,
        _ => Settlement::Applied,
    })
}

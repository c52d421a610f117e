//! Notices on their way to people.

use super::{
    clock::Millis,
    column::{time, token_column},
};
use crate::{ClaimedNotice, Lease, NewNotice, NoticeOutcome, Settlement, operations::unknown};
use rusqlite::{Connection, Result};
use std::collections::HashSet;

pub(super) fn enqueue(db: &Connection, notices: &[NewNotice], now: Millis) -> Result<u64> {
    let mut known = HashSet::new();
    let mut look = db.prepare_cached("SELECT 1 FROM notice WHERE key = ?1")?;
    for notice in notices {
        if look.exists([&notice.key])? {
            known.insert(notice.key.clone());
        }
    }
    let new = unknown(notices, |notice| &notice.key, known);
    let mut insert = db.prepare_cached(
        "INSERT INTO notice (key, contact_point, payload, queued_at, due_at, attempts)
         VALUES (?1, ?2, ?3, ?4, ?4, 0)",
    )?;
    for notice in &new {
        insert.execute((&notice.key, &notice.contact_point, &notice.payload, now))?;
    }
    Ok(new.len() as u64)
}

pub(super) const DUE: &str = "SELECT id FROM notice WHERE due_at <= ?1 ORDER BY due_at, id LIMIT ?2";

pub(super) fn claim(db: &Connection, limit: u32, lease: &Lease, now: Millis) -> Result<Vec<ClaimedNotice>> {
    let due: Vec<i64> =
        db.prepare_cached(DUE)?.query_map((now, limit), |row| row.get(0))?.collect::<Result<_>>()?;
    due.into_iter().map(|id| take(db, id, lease, now)).collect()
}

fn take(db: &Connection, id: i64, lease: &Lease, now: Millis) -> Result<ClaimedNotice> {
    db.prepare_cached(
        "UPDATE notice SET token = ?2, due_at = ?3, attempts = attempts + 1 WHERE id = ?1
         RETURNING key, contact_point, payload, attempts, queued_at",
    )?
    .query_one((id, token_column(&lease.token), now.after(lease.duration)), |row| {
        let notice = NewNotice { key: row.get(0)?, contact_point: row.get(1)?, payload: row.get(2)? };
        let (token, attempts) = (lease.token.clone(), row.get(3)?);
        Ok(ClaimedNotice { id, token, notice, attempts, queued_at: time(row, 4)? })
    })
}

/// A lease that ran out takes nothing from its holder until somebody else claims the notice.
pub(super) fn settle(
    db: &Connection,
    claimed: &ClaimedNotice,
    outcome: &NoticeOutcome,
    now: Millis,
) -> Result<Settlement> {
    let (due_at, settled_at, failure) = match outcome {
        NoticeOutcome::Sent => (None, Some(now), None),
        NoticeOutcome::RetryIn { due_in, why } => (Some(now.after(*due_in)), None, Some(why)),
        NoticeOutcome::GivenUp { why } => (None, Some(now), Some(why)),
    };
    let changed = db
        .prepare_cached(
            "UPDATE notice SET token = NULL, due_at = ?3, settled_at = ?4, failure = ?5
             WHERE id = ?1 AND token = ?2",
        )?
        .execute((claimed.id, token_column(&claimed.token), due_at, settled_at, failure))?;
    Ok(if changed == 1 { Settlement::Applied } else { Settlement::Stale })
}

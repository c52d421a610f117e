//! Settings, the audit log, and forgetting what has expired.

use super::{
    column::{before, get, time, time_value},
    connection::Connection,
    failure::Failure,
    sessions,
    transaction::Transaction,
};
use crate::{
    Act, AuditEntry,
    operations::{HISTORY_LIVES_FOR, INSTANCES_LIVE_FOR, KEYS_OF_NOTICES_LIVE_FOR},
};
use domain::UserId;
use mysql_async::{Row, Value};
use std::time::Duration;
use uuid::Uuid;

/// What one transaction forgets at most: nobody waits long behind it.
pub(super) const FORGET: u32 = 500;
/// Nobody asks for a receipt after so long, nor for the heartbeat of an instance: no write is tried for longer.
const RECEIPTS_LIVE_FOR: Duration = Duration::from_secs(60 * 60);

pub(super) async fn keep_setting(tx: &mut Transaction, name: &str, value: &str) -> Result<String, Failure> {
    let kept = "SELECT value FROM setting WHERE name = ?";
    if let Some(row) = tx.row(kept, (name,)).await? {
        return get(&row, 0);
    }
    tx.execute("INSERT INTO setting (name, value) VALUES (?, ?)", (name, value)).await?;
    Ok(value.to_owned())
}

/// Something that is forgotten when it is so old.
pub(super) enum Forgettable {
    Sessions,
    Rows { sql: &'static str, age: Duration },
}

pub(super) const FORGETTABLE: [Forgettable; 7] = [
    Forgettable::Sessions,
    Forgettable::Rows { sql: "DELETE FROM idempotency WHERE expiresAt <= ? LIMIT ?", age: Duration::ZERO },
    Forgettable::Rows {
        sql: "DELETE FROM notice WHERE settledAt <= ? LIMIT ?",
        age: KEYS_OF_NOTICES_LIVE_FOR,
    },
    Forgettable::Rows { sql: "DELETE FROM alertChange WHERE at <= ? LIMIT ?", age: HISTORY_LIVES_FOR },
    // An alert that the installation has because of this row has yet to end.
    Forgettable::Rows {
        sql: "DELETE FROM alert
            WHERE held = 0 AND instance IN (SELECT instance FROM alertInstance WHERE seenAt <= ?) LIMIT ?",
        age: INSTANCES_LIVE_FOR,
    },
    Forgettable::Rows {
        sql: "DELETE FROM alertInstance
            WHERE seenAt <= ? AND instance NOT IN (SELECT instance FROM alert) LIMIT ?",
        age: INSTANCES_LIVE_FOR,
    },
    Forgettable::Rows { sql: "DELETE FROM alertPause WHERE pausedUntil <= ? LIMIT ?", age: Duration::ZERO },
];

/// How many rows went: [`FORGET`] if there may be more.
pub(super) async fn forget(tx: &mut Transaction, what: &Forgettable) -> Result<u64, Failure> {
    match what {
        Forgettable::Sessions => sessions::prune(tx, FORGET).await,
        Forgettable::Rows { sql, age } => {
            let old = time_value(before(tx.now, *age));
            tx.execute(sql, (old, FORGET)).await
        }
    }
}

/// Forgets some of what only this backend remembers. Whether there may be more.
pub(super) async fn forget_receipts(tx: &mut Transaction) -> Result<bool, Failure> {
    let old = time_value(tx.now.checked_sub(RECEIPTS_LIVE_FOR).unwrap_or(tx.now));
    let receipts = tx.execute("DELETE FROM receipt WHERE at <= ? LIMIT ?", (old.clone(), FORGET)).await?;
    let heartbeats = tx.execute("DELETE FROM heartbeat WHERE at <= ? LIMIT ?", (old, FORGET)).await?;
    Ok(receipts.max(heartbeats) == u64::from(FORGET))
}

/// A write that is committed, whether or not anything else is.
pub(super) async fn beat(tx: &mut Transaction, instance: Uuid) -> Result<(), Failure> {
    tx.execute(
        "INSERT INTO heartbeat (instance, at) VALUES (?, NOW(3)) ON DUPLICATE KEY UPDATE at = VALUES(at)",
        (instance.as_bytes(),),
    )
    .await?;
    Ok(())
}

pub(super) async fn record_act(tx: &mut Transaction, act: &Act) -> Result<(), Failure> {
    let values: Vec<Value> = vec![
        time_value(tx.now),
        act.actor.map(|actor| actor.0).into(),
        act.action.as_str().into(),
        act.subject.as_str().into(),
        act.detail.as_deref().into(),
        act.request_id.as_deref().into(),
    ];
    let insert =
        "INSERT INTO auditLog (at, actorId, action, subject, detail, requestId) VALUES (?, ?, ?, ?, ?, ?)";
    tx.execute(insert, values).await?;
    Ok(())
}

pub(super) const AUDIT_LOG: &str = "SELECT at, actorId, action, subject, detail, requestId FROM auditLog
     ORDER BY at DESC, id DESC LIMIT ? OFFSET ?";

pub(super) async fn audit_log(
    db: &mut Connection,
    page: u32,
    per_page: u32,
) -> Result<Vec<AuditEntry>, Failure> {
    let offset = i64::from(page.saturating_sub(1)).saturating_mul(i64::from(per_page));
    let rows = db.rows(AUDIT_LOG, (per_page, offset)).await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<AuditEntry, Failure> {
    let act = Act {
        actor: get::<Option<i64>>(row, 1)?.map(UserId),
        action: get(row, 2)?,
        subject: get(row, 3)?,
        detail: get(row, 4)?,
        request_id: get(row, 5)?,
    };
    Ok(AuditEntry { at: time(row, 0)?, act })
}

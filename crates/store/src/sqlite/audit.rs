//! The audit log of administrative acts.

use super::{clock::Millis, column::time};
use crate::{Act, AuditEntry};
use domain::UserId;
use rusqlite::{Connection, Result, Row};

pub(super) fn record_act(db: &Connection, act: &Act, now: Millis) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO audit_log (at, actor_id, action, subject, detail, request_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((now, act.actor.map(|actor| actor.0), &act.action, &act.subject, &act.detail, &act.request_id))?;
    Ok(())
}

pub(super) fn audit_log(db: &Connection, page: u32, per_page: u32) -> Result<Vec<AuditEntry>> {
    let offset = i64::from(page.saturating_sub(1)).saturating_mul(i64::from(per_page));
    let mut statement = db.prepare_cached(
        "SELECT at, actor_id, action, subject, detail, request_id FROM audit_log
         ORDER BY id DESC LIMIT ?1 OFFSET ?2",
    )?;
    let entries = statement.query_map((per_page, offset), entry)?;
    entries.collect()
}

fn entry(row: &Row<'_>) -> Result<AuditEntry> {
    let act = Act {
        actor: row.get::<_, Option<i64>>(1)?.map(UserId),
        action: row.get(2)?,
        subject: row.get(3)?,
        detail: row.get(4)?,
        request_id: row.get(5)?,
    };
    Ok(AuditEntry { at: time(row, 0)?, act })
}

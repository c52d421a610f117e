//! Settings, and forgetting what has expired.

use super::clock::Millis;
use rusqlite::{Connection, OptionalExtension, Result};

/// What one call forgets at most of each kind: nobody waits long behind it.
const FORGET: u32 = 1000;

pub(super) fn keep_setting(db: &Connection, name: &str, value: &str) -> Result<String> {
    let kept = db
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    if let Some(kept) = kept {
        return Ok(kept);
    }
    db.prepare_cached("INSERT INTO setting (name, value) VALUES (?1, ?2)")?.execute((name, value))?;
    Ok(value.to_owned())
}

pub(super) fn prune(db: &Connection, now: Millis) -> Result<u64> {
    let sessions = "DELETE FROM auth WHERE token IN
        (SELECT token FROM auth WHERE expires_at <= ?1 LIMIT ?2)";
    let keys = "DELETE FROM idempotency WHERE (user_id, key) IN
        (SELECT user_id, key FROM idempotency WHERE expires_at <= ?1 LIMIT ?2)";
    let mut gone = 0;
    for expired in [sessions, keys] {
        gone += db.prepare_cached(expired)?.execute((now, FORGET))? as u64;
    }
    Ok(gone)
}

/// A write that is committed, whether or not anything else is.
pub(super) fn beat(db: &Connection, now: Millis) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO heartbeat (id, at) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
    )?
    .execute([now])?;
    Ok(())
}

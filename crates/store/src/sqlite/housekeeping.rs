//! Settings, and forgetting what has expired.

use super::clock::Millis;
use crate::operations::{HISTORY_LIVES_FOR, INSTANCES_LIVE_FOR, KEYS_OF_NOTICES_LIVE_FOR};
use rusqlite::{Connection, OptionalExtension, Result};
use std::time::Duration;

/// What one transaction forgets at most: nobody waits long behind it.
pub(super) const FORGET: u32 = 500;

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

/// Something that is forgotten when it is so old.
pub(super) struct Forgettable {
    sql: &'static str,
    age: Duration,
}

pub(super) const FORGETTABLE: [Forgettable; 7] = [
    Forgettable {
        sql: "DELETE FROM auth WHERE token IN (SELECT token FROM auth WHERE expires_at <= ?1 LIMIT ?2)",
        age: Duration::ZERO,
    },
    Forgettable {
        sql: "DELETE FROM idempotency WHERE (user_id, key) IN
            (SELECT user_id, key FROM idempotency WHERE expires_at <= ?1 LIMIT ?2)",
        age: Duration::ZERO,
    },
    Forgettable {
        sql: "DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE settled_at <= ?1 LIMIT ?2)",
        age: KEYS_OF_NOTICES_LIVE_FOR,
    },
    Forgettable {
        sql: "DELETE FROM alert_change WHERE id IN (SELECT id FROM alert_change WHERE at <= ?1 LIMIT ?2)",
        age: HISTORY_LIVES_FOR,
    },
    // An alert that the installation has because of this row has yet to end.
    Forgettable {
        sql: "DELETE FROM alert WHERE (instance, rule, labels) IN
            (SELECT alert.instance, rule, labels FROM alert
             JOIN alert_instance ON alert_instance.instance = alert.instance
             WHERE held = 0 AND seen_at <= ?1 LIMIT ?2)",
        age: INSTANCES_LIVE_FOR,
    },
    Forgettable {
        sql: "DELETE FROM alert_instance WHERE instance IN
            (SELECT instance FROM alert_instance
             WHERE seen_at <= ?1 AND instance NOT IN (SELECT instance FROM alert) LIMIT ?2)",
        age: INSTANCES_LIVE_FOR,
    },
    Forgettable {
        sql: "DELETE FROM alert_pause WHERE rule IN
            (SELECT rule FROM alert_pause WHERE paused_until <= ?1 LIMIT ?2)",
        age: Duration::ZERO,
    },
];

/// How many rows went: [`FORGET`] if there may be more.
pub(super) fn forget(db: &Connection, what: &Forgettable, now: Millis) -> Result<usize> {
    db.prepare_cached(what.sql)?.execute((now.before(what.age), FORGET))
}

/// A write that is committed, whether or not anything else is.
pub(super) fn beat(db: &Connection, now: Millis) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO heartbeat (id, at) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
    )?
    .execute([now])?;
    Ok(())
}

//! How the alerts of each instance stand, what became of them, and which rules are paused.

use super::{
    clock::Millis,
    column::{nonsense, time},
};
use crate::{
    AlertChange, AlertHistory, AlertNews, AlertPause, AlertRow,
    operations::{Alerts, distinct},
};
use rusqlite::{Connection, Result, Row};
use std::time::Duration;

pub(super) fn record_alerts(
    db: &Connection,
    instance: &str,
    rows: &[AlertRow],
    changes: &[AlertChange],
    alive_within: Duration,
    now: Millis,
) -> Result<AlertNews> {
    let before = held(db)?;
    see(db, instance, now)?;
    let let_go = "UPDATE alert SET held = 0
         WHERE held = 1 AND instance NOT IN (SELECT instance FROM alert_instance WHERE seen_at >= ?1)";
    db.prepare_cached(let_go)?.execute([now.before(alive_within)])?;
    replace(db, instance, rows)?;
    append(db, instance, changes)?;
    Ok(AlertNews::between(&before, &held(db)?))
}

/// The alerts that the installation has, whichever instance has them.
fn held(db: &Connection) -> Result<Alerts> {
    let mut statement = db.prepare_cached("SELECT DISTINCT rule, labels FROM alert WHERE held = 1")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn see(db: &Connection, instance: &str, now: Millis) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO alert_instance (instance, seen_at) VALUES (?1, ?2)
         ON CONFLICT (instance) DO UPDATE SET seen_at = excluded.seen_at",
    )?
    .execute((instance, now))?;
    Ok(())
}

fn replace(db: &Connection, instance: &str, rows: &[AlertRow]) -> Result<()> {
    db.prepare_cached("DELETE FROM alert WHERE instance = ?1")?.execute([instance])?;
    let mut insert = db.prepare_cached(
        "INSERT INTO alert (instance, rule, labels, firing, held, document) VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
    )?;
    for row in distinct(rows) {
        insert.execute((instance, &row.rule, &row.labels, row.firing, &row.document))?;
    }
    Ok(())
}

fn append(db: &Connection, instance: &str, changes: &[AlertChange]) -> Result<()> {
    let mut insert = db.prepare_cached(
        "INSERT INTO alert_change (at, instance, rule, labels, from_state, to_state, value)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for change in changes {
        let (at, value) = (Millis::from(change.at), format!("{:?}", change.value));
        insert.execute((at, instance, &change.rule, &change.labels, &change.from, &change.to, value))?;
    }
    Ok(())
}

pub(super) fn alerts(
    db: &Connection,
    alive_within: Duration,
    instance: Option<&str>,
    now: Millis,
) -> Result<Vec<(String, AlertRow)>> {
    let mut statement = db.prepare_cached(
        "SELECT instance, rule, labels, firing, document FROM alert
         WHERE instance = ?1 OR ?1 IS NULL
             AND instance IN (SELECT instance FROM alert_instance WHERE seen_at >= ?2)
         ORDER BY instance, rule, labels",
    )?;
    let rows = statement.query_map((instance, now.before(alive_within)), |row| {
        let (rule, labels, firing) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok((row.get(0)?, AlertRow { rule, labels, firing, document: row.get(4)? }))
    })?;
    rows.collect()
}

/// The most changes that are told at once.
const HISTORY: u32 = 1000;

pub(super) fn alert_history(db: &Connection, limit: u32) -> Result<Vec<AlertHistory>> {
    let mut statement = db.prepare_cached(
        "SELECT at, rule, labels, from_state, to_state, value, instance FROM alert_change
         ORDER BY at DESC, id DESC LIMIT ?1",
    )?;
    statement.query_map([limit.min(HISTORY)], history)?.collect()
}

fn history(row: &Row<'_>) -> Result<AlertHistory> {
    let value = row.get_ref(5)?.as_str()?.parse().map_err(|_| nonsense(5, "not a number".into()))?;
    let change = AlertChange {
        at: time(row, 0)?,
        rule: row.get(1)?,
        labels: row.get(2)?,
        from: row.get(3)?,
        to: row.get(4)?,
        value,
    };
    Ok(AlertHistory { instance: row.get(6)?, change })
}

pub(super) fn pause_alert(db: &Connection, pause: &AlertPause) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO alert_pause (rule, paused_until, paused_by) VALUES (?1, ?2, ?3)
         ON CONFLICT (rule) DO UPDATE SET paused_until = excluded.paused_until, paused_by = excluded.paused_by",
    )?
    .execute((&pause.rule, Millis::from(pause.until), &pause.by))?;
    Ok(())
}

pub(super) fn resume_alert(db: &Connection, rule: &str, now: Millis) -> Result<bool> {
    let gone = db
        .prepare_cached("DELETE FROM alert_pause WHERE rule = ?1 AND paused_until > ?2")?
        .execute((rule, now))?;
    Ok(gone > 0)
}

pub(super) fn alert_pauses(db: &Connection, now: Millis) -> Result<Vec<AlertPause>> {
    let mut statement = db.prepare_cached(
        "SELECT rule, paused_until, paused_by FROM alert_pause WHERE paused_until > ?1 ORDER BY rule",
    )?;
    let pauses = statement.query_map([now], |row| {
        Ok(AlertPause { rule: row.get(0)?, until: time(row, 1)?, by: row.get(2)? })
    })?;
    pauses.collect()
}

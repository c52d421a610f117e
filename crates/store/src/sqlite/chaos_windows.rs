//! Planned chaos, and the annotations on dashboards.

use super::{
    clock::Millis,
    column::{optional_time, time},
};
use crate::Annotated;
use domain::{ChaosWindow, ChaosWindowId, NewChaosWindow, UserId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row};

/// What [`window`] reads.
const COLUMNS: &str = "id, from_at, to_at, kind, reason, lowers_severity, planned_by";

pub(super) fn plan(db: &Connection, new: &NewChaosWindow) -> Result<ChaosWindow> {
    let sql = format!(
        "INSERT INTO chaos_window (from_at, to_at, kind, reason, lowers_severity, planned_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING {COLUMNS}"
    );
    let (from, to) = (Millis::from(new.from), Millis::from(new.to));
    let planned_by = new.planned_by.map(|user| user.0);
    let values = (from, to, &new.kind, &new.reason, new.lowers_severity, planned_by);
    db.prepare_cached(&sql)?.query_one(values, window)
}

/// The most windows of a span of time.
const BETWEEN: u32 = 1000;

pub(super) fn between(db: &Connection, from: Timestamp, to: Timestamp) -> Result<Vec<ChaosWindow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM chaos_window WHERE from_at < ?2 AND to_at > ?1 ORDER BY from_at, id LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    statement.query_map((Millis::from(from), Millis::from(to), BETWEEN), window)?.collect()
}

pub(super) fn forget(db: &Connection, id: ChaosWindowId) -> Result<Option<ChaosWindow>> {
    let sql = format!("DELETE FROM chaos_window WHERE id = ?1 RETURNING {COLUMNS}");
    db.prepare_cached(&sql)?.query_row([id.0], window).optional()
}

fn window(row: &Row<'_>) -> Result<ChaosWindow> {
    let plan = NewChaosWindow {
        from: time(row, 1)?,
        to: time(row, 2)?,
        kind: row.get(3)?,
        reason: row.get(4)?,
        lowers_severity: row.get(5)?,
        planned_by: row.get::<_, Option<i64>>(6)?.map(UserId),
    };
    Ok(ChaosWindow { id: ChaosWindowId(row.get(0)?), plan })
}

pub(super) fn annotated(db: &Connection, subject: &str) -> Result<Option<Annotated>> {
    db.prepare_cached("SELECT annotation_id, to_at FROM annotation WHERE subject = ?1")?
        .query_row([subject], |row| Ok(Annotated { id: row.get(0)?, to: optional_time(row, 1)? }))
        .optional()
}

pub(super) fn record_annotation(db: &Connection, subject: &str, annotated: &Annotated) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO annotation (subject, annotation_id, to_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (subject) DO UPDATE SET annotation_id = excluded.annotation_id, to_at = excluded.to_at",
    )?
    .execute((subject, annotated.id, annotated.to.map(Millis::from)))?;
    Ok(())
}

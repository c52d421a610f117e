//! Planned chaos, and the annotations on dashboards.

use super::{
    column::{fits_a_text, fits_bytes, get, optional_time, time, time_value},
    connection::Connection,
    failure::Failure,
    transaction::Transaction,
};
use crate::Annotated;
use domain::{ChaosWindow, ChaosWindowId, NewChaosWindow, UserId};
use jiff::Timestamp;
use mysql_async::{Row, Value};

/// What [`window`] reads.
const COLUMNS: &str = "id, fromAt, toAt, kind, reason, lowersSeverity, plannedBy";
/// The longest subject of an annotation.
const SUBJECT: usize = 255;

pub(super) async fn plan(tx: &mut Transaction, new: &NewChaosWindow) -> Result<ChaosWindow, Failure> {
    fits_a_text(&new.kind, "kind of chaos")?;
    let values: Vec<Value> = vec![
        time_value(new.from),
        time_value(new.to),
        new.kind.as_str().into(),
        new.reason.as_str().into(),
        new.lowers_severity.into(),
        new.planned_by.map(|user| user.0).into(),
    ];
    let insert = "INSERT INTO chaosWindow (fromAt, toAt, kind, reason, lowersSeverity, plannedBy)
         VALUES (?, ?, ?, ?, ?, ?)";
    tx.execute(insert, values).await?;
    let id = ChaosWindowId(tx.last_insert_id()?);
    let missing = || Failure::Vanished("the window that was just planned is not there".into());
    by_id(tx, id).await?.ok_or_else(missing)
}

/// The most windows of a span of time.
const BETWEEN: u32 = 1000;

pub(super) async fn between(
    db: &mut Connection,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<ChaosWindow>, Failure> {
    let sql = format!(
        "SELECT {COLUMNS} FROM chaosWindow WHERE fromAt < ? AND toAt > ? ORDER BY fromAt, id LIMIT ?"
    );
    db.rows(&sql, (time_value(to), time_value(from), BETWEEN)).await?.iter().map(window).collect()
}

pub(super) async fn forget(tx: &mut Transaction, id: ChaosWindowId) -> Result<Option<ChaosWindow>, Failure> {
    let found = by_id(tx, id).await?;
    // Two that take it away at once both find it.
    let gone = tx.execute("DELETE FROM chaosWindow WHERE id = ?", (id.0,)).await?;
    Ok(found.filter(|_| gone == 1))
}

async fn by_id(db: &mut Connection, id: ChaosWindowId) -> Result<Option<ChaosWindow>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM chaosWindow WHERE id = ?");
    db.row(&sql, (id.0,)).await?.as_ref().map(window).transpose()
}

fn window(row: &Row) -> Result<ChaosWindow, Failure> {
    let plan = NewChaosWindow {
        from: time(row, 1)?,
        to: time(row, 2)?,
        kind: get(row, 3)?,
        reason: get(row, 4)?,
        lowers_severity: get(row, 5)?,
        planned_by: get::<Option<i64>>(row, 6)?.map(UserId),
    };
    Ok(ChaosWindow { id: ChaosWindowId(get(row, 0)?), plan })
}

pub(super) async fn annotated(db: &mut Connection, subject: &str) -> Result<Option<Annotated>, Failure> {
    let row = db.row("SELECT annotationId, toAt FROM annotation WHERE subject = ?", (subject,)).await?;
    row.map(|row| Ok(Annotated { id: get(&row, 0)?, to: optional_time(&row, 1)? })).transpose()
}

pub(super) async fn record_annotation(
    tx: &mut Transaction,
    subject: &str,
    annotated: &Annotated,
) -> Result<(), Failure> {
    fits_bytes(subject, SUBJECT, "annotation's subject")?;
    tx.execute(
        "INSERT INTO annotation (subject, annotationId, toAt) VALUES (?, ?, ?)
         ON DUPLICATE KEY UPDATE annotationId = VALUES(annotationId), toAt = VALUES(toAt)",
        (subject, annotated.id, annotated.to.map_or(Value::NULL, time_value)),
    )
    .await?;
    Ok(())
}

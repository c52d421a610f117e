//! Incidents, what happened in their course, and what was counted.

use super::{
    column::{fits_bytes, get, optional_time, time, time_value, word},
    connection::Connection,
    failure::Failure,
    many,
    transaction::Transaction,
};
use crate::{IncidentFile, IncidentOpening, IncidentPage, operations::unknown};
use domain::{Acknowledgement, CallTally, Cause, Incident, IncidentEvent, IncidentId};
use jiff::Timestamp;
use mysql_async::{Params, Row, Value};

/// What [`incident`] reads.
const COLUMNS: &str = "id, cause, beganAt, openedAt, acknowledgedAt, acknowledgedBy, closedAt";
/// The longest key of an event.
const KEY: usize = 1024;
/// The longest name of an instance.
const NAME: usize = 255;

/// Fails where somebody else was faster, and then finds the one that they opened.
pub(super) async fn open(
    tx: &mut Transaction,
    opening: &IncidentOpening,
) -> Result<(Incident, bool), Failure> {
    if let Some(open) = of_cause(tx, opening.cause).await? {
        return Ok((open, false));
    }
    let (cause, began_at) = (opening.cause.as_str(), time_value(opening.began_at));
    let insert = "INSERT INTO incident (cause, openCause, beganAt, openedAt) VALUES (?, ?, ?, ?)";
    tx.execute(insert, (cause, cause, began_at, time_value(opening.opened_at))).await?;
    let id = IncidentId(tx.last_insert_id()?);
    let new = by_id(tx, id).await?;
    let missing = || Failure::Vanished("the incident that was just opened is not there".into());
    new.map(|incident| (incident, true)).ok_or_else(missing)
}

pub(super) async fn add_events(
    tx: &mut Transaction,
    id: IncidentId,
    events: &[IncidentEvent],
) -> Result<u64, Failure> {
    if by_id(tx, id).await?.is_none() {
        return Ok(0);
    }
    for event in events {
        fits_bytes(&event.key, KEY, "event's key")?;
    }
    let keys: Vec<Value> = events.iter().map(|event| event.key.as_str().into()).collect();
    let sql = "SELECT name FROM incidentEvent WHERE incidentId = ? AND name IN (IDS)";
    let rows = many::select(tx, sql, &[id.0.into()], &keys).await?;
    let known = rows.iter().map(|row| get(row, 0)).collect::<Result<_, _>>()?;
    let new = unknown(events, |event| &event.key, known);
    let values = new.iter().flat_map(|event| {
        let (key, kind) = (event.key.as_str(), event.kind.as_str());
        [id.0.into(), key.into(), time_value(event.at), kind.into(), event.text.as_str().into()]
    });
    // Fails where somebody else was faster, and then finds what they wrote.
    let insert = "INSERT INTO incidentEvent (incidentId, name, at, kind, text) VALUES";
    many::insert(tx, insert, 5, values.collect()).await?;
    Ok(new.len() as u64)
}

pub(super) async fn record_tally(
    tx: &mut Transaction,
    id: IncidentId,
    instance: &str,
    tally: &CallTally,
) -> Result<(), Failure> {
    if by_id(tx, id).await?.is_none() {
        return Ok(());
    }
    fits_bytes(instance, NAME, "instance's name")?;
    let tally = serde_json::to_string(tally).map_err(|error| Failure::Unreadable(error.to_string()))?;
    tx.execute(
        "INSERT INTO incidentTally (incidentId, instance, tally) VALUES (?, ?, ?)
         ON DUPLICATE KEY UPDATE tally = VALUES(tally)",
        (id.0, instance, tally),
    )
    .await?;
    Ok(())
}

pub(super) async fn keep_link(tx: &mut Transaction, id: IncidentId, link: &str) -> Result<(), Failure> {
    tx.execute("UPDATE incident SET link = ? WHERE id = ? AND link IS NULL", (link, id.0)).await?;
    Ok(())
}

pub(super) async fn link(db: &mut Connection, id: IncidentId) -> Result<Option<String>, Failure> {
    let row = db.row("SELECT link FROM incident WHERE id = ?", (id.0,)).await?;
    row.map_or(Ok(None), |row| get(&row, 0))
}

pub(super) async fn acknowledge(
    tx: &mut Transaction,
    id: IncidentId,
    acknowledgement: &Acknowledgement,
) -> Result<Option<Acknowledgement>, Failure> {
    let acknowledge = "UPDATE incident SET acknowledgedAt = ?, acknowledgedBy = ?
         WHERE id = ? AND acknowledgedAt IS NULL";
    tx.execute(acknowledge, (time_value(acknowledgement.at), &acknowledgement.by, id.0)).await?;
    Ok(by_id(tx, id).await?.and_then(|incident| incident.acknowledged))
}

pub(super) async fn close(tx: &mut Transaction, id: IncidentId, at: Timestamp) -> Result<bool, Failure> {
    let close = "UPDATE incident SET closedAt = ?, openCause = NULL WHERE id = ? AND openCause IS NOT NULL";
    Ok(tx.execute(close, (time_value(at), id.0)).await? == 1)
}

pub(super) async fn of_cause(db: &mut Connection, cause: Cause) -> Result<Option<Incident>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM incident WHERE openCause = ?");
    db.row(&sql, (cause.as_str(),)).await?.as_ref().map(incident).transpose()
}

pub(super) async fn page(db: &mut Connection, page: u32, per_page: u32) -> Result<IncidentPage, Failure> {
    let offset = i64::from(page.saturating_sub(1)).saturating_mul(i64::from(per_page));
    let sql = format!("SELECT {COLUMNS} FROM incident ORDER BY openedAt DESC, id DESC LIMIT ? OFFSET ?");
    let mut incidents = incidents(db, &sql, (i64::from(per_page) + 1, offset)).await?;
    let more = incidents.len() > per_page as usize;
    incidents.truncate(per_page as usize);
    Ok(IncidentPage { incidents, more })
}

/// The most incidents of a span of time.
const BETWEEN: u32 = 1000;

pub(super) async fn between(
    db: &mut Connection,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Incident>, Failure> {
    let sql = format!(
        "SELECT {COLUMNS} FROM incident WHERE beganAt < ? AND (closedAt IS NULL OR closedAt >= ?)
         ORDER BY beganAt, id LIMIT ?"
    );
    incidents(db, &sql, (time_value(to), time_value(from), BETWEEN)).await
}

pub(super) async fn file(db: &mut Connection, id: IncidentId) -> Result<Option<IncidentFile>, Failure> {
    let Some(incident) = by_id(db, id).await? else { return Ok(None) };
    let has_link = link(db, id).await?.is_some();
    let (events, tallies) = (events(db, id).await?, tallies(db, id).await?);
    Ok(Some(IncidentFile { incident, events, tallies, has_link }))
}

async fn by_id(db: &mut Connection, id: IncidentId) -> Result<Option<Incident>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM incident WHERE id = ?");
    db.row(&sql, (id.0,)).await?.as_ref().map(incident).transpose()
}

async fn incidents(
    db: &mut Connection,
    sql: &str,
    params: impl Into<Params> + Send,
) -> Result<Vec<Incident>, Failure> {
    db.rows(sql, params).await?.iter().map(incident).collect()
}

fn incident(row: &Row) -> Result<Incident, Failure> {
    let acknowledged = match optional_time(row, 4)? {
        Some(at) => Some(Acknowledgement { by: get(row, 5)?, at }),
        None => None,
    };
    Ok(Incident {
        id: IncidentId(get(row, 0)?),
        cause: word(row, 1)?,
        began_at: time(row, 2)?,
        opened_at: time(row, 3)?,
        acknowledged,
        closed_at: optional_time(row, 6)?,
    })
}

async fn events(db: &mut Connection, id: IncidentId) -> Result<Vec<IncidentEvent>, Failure> {
    let sql = "SELECT at, name, kind, text FROM incidentEvent WHERE incidentId = ? ORDER BY at, id";
    let event = |row: &Row| {
        Ok(IncidentEvent { at: time(row, 0)?, key: get(row, 1)?, kind: word(row, 2)?, text: get(row, 3)? })
    };
    db.rows(sql, (id.0,)).await?.iter().map(event).collect()
}

async fn tallies(db: &mut Connection, id: IncidentId) -> Result<Vec<(String, CallTally)>, Failure> {
    let sql = "SELECT instance, tally FROM incidentTally WHERE incidentId = ? ORDER BY instance";
    let tally = |row: &Row| {
        let tally = serde_json::from_str(&get::<String>(row, 1)?);
        Ok((get(row, 0)?, tally.map_err(|error| Failure::Unreadable(error.to_string()))?))
    };
    db.rows(sql, (id.0,)).await?.iter().map(tally).collect()
}

//! Incidents, what happened in their course, and what was counted.

use super::{
    clock::Millis,
    column::{nonsense, optional_time, time, word},
};
use crate::{IncidentFile, IncidentOpening, IncidentPage};
use domain::{Acknowledgement, CallTally, Cause, Incident, IncidentEvent, IncidentId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Result, Row};

/// What [`incident`] reads.
const COLUMNS: &str = "id, cause, began_at, opened_at, acknowledged_at, acknowledged_by, closed_at";

pub(super) fn open(db: &Connection, opening: &IncidentOpening) -> Result<(Incident, bool)> {
    if let Some(open) = of_cause(db, opening.cause)? {
        return Ok((open, false));
    }
    let sql = format!(
        "INSERT INTO incident (cause, open_cause, began_at, opened_at) VALUES (?1, ?1, ?2, ?3) RETURNING {COLUMNS}"
    );
    let (began_at, opened_at) = (Millis::from(opening.began_at), Millis::from(opening.opened_at));
    let new = db.prepare_cached(&sql)?.query_one((opening.cause.as_str(), began_at, opened_at), incident)?;
    Ok((new, true))
}

pub(super) fn add_events(db: &Connection, id: IncidentId, events: &[IncidentEvent]) -> Result<u64> {
    if by_id(db, id)?.is_none() {
        return Ok(0);
    }
    let mut insert = db.prepare_cached(
        "INSERT INTO incident_event (incident_id, key, at, kind, text) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (incident_id, key) DO NOTHING",
    )?;
    let mut new = 0;
    for event in events {
        new +=
            insert.execute((id.0, &event.key, Millis::from(event.at), event.kind.as_str(), &event.text))?;
    }
    Ok(new as u64)
}

pub(super) fn record_tally(db: &Connection, id: IncidentId, instance: &str, tally: &CallTally) -> Result<()> {
    if by_id(db, id)?.is_none() {
        return Ok(());
    }
    let tally = serde_json::to_string(tally)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    db.prepare_cached(
        "INSERT INTO incident_tally (incident_id, instance, tally) VALUES (?1, ?2, ?3)
         ON CONFLICT (incident_id, instance) DO UPDATE SET tally = excluded.tally",
    )?
    .execute((id.0, instance, tally))?;
    Ok(())
}

pub(super) fn keep_link(db: &Connection, id: IncidentId, link: &str) -> Result<()> {
    db.prepare_cached("UPDATE incident SET link = ?2 WHERE id = ?1 AND link IS NULL")?
        .execute((id.0, link))?;
    Ok(())
}

pub(super) fn link(db: &Connection, id: IncidentId) -> Result<Option<String>> {
    let link =
        db.prepare_cached("SELECT link FROM incident WHERE id = ?1")?.query_row([id.0], |row| row.get(0));
    Ok(link.optional()?.flatten())
}

pub(super) fn acknowledge(
    db: &Connection,
    id: IncidentId,
    acknowledgement: &Acknowledgement,
) -> Result<Option<Acknowledgement>> {
    db.prepare_cached(
        "UPDATE incident SET acknowledged_at = ?2, acknowledged_by = ?3 WHERE id = ?1 AND acknowledged_at IS NULL",
    )?
    .execute((id.0, Millis::from(acknowledgement.at), &acknowledgement.by))?;
    Ok(by_id(db, id)?.and_then(|incident| incident.acknowledged))
}

pub(super) fn close(db: &Connection, id: IncidentId, at: Timestamp) -> Result<bool> {
    let closed = db
        .prepare_cached(
            "UPDATE incident SET closed_at = ?2, open_cause = NULL WHERE id = ?1 AND open_cause IS NOT NULL",
        )?
        .execute((id.0, Millis::from(at)))?;
    Ok(closed == 1)
}

pub(super) fn of_cause(db: &Connection, cause: Cause) -> Result<Option<Incident>> {
    let sql = format!("SELECT {COLUMNS} FROM incident WHERE open_cause = ?1");
    db.prepare_cached(&sql)?.query_row([cause.as_str()], incident).optional()
}

pub(super) fn page(db: &Connection, page: u32, per_page: u32) -> Result<IncidentPage> {
    let offset = i64::from(page.saturating_sub(1)).saturating_mul(i64::from(per_page));
    let sql = format!("SELECT {COLUMNS} FROM incident ORDER BY opened_at DESC, id DESC LIMIT ?1 OFFSET ?2");
    let mut incidents = incidents(db, &sql, (i64::from(per_page) + 1, offset))?;
    let more = incidents.len() > per_page as usize;
    incidents.truncate(per_page as usize);
    Ok(IncidentPage { incidents, more })
}

/// The most incidents of a span of time.
const BETWEEN: u32 = 1000;

pub(super) fn between(db: &Connection, from: Timestamp, to: Timestamp) -> Result<Vec<Incident>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM incident WHERE began_at < ?2 AND (closed_at IS NULL OR closed_at >= ?1)
         ORDER BY began_at, id LIMIT ?3"
    );
    incidents(db, &sql, (Millis::from(from), Millis::from(to), BETWEEN))
}

pub(super) fn file(db: &Connection, id: IncidentId) -> Result<Option<IncidentFile>> {
    let Some(incident) = by_id(db, id)? else { return Ok(None) };
    let has_link = link(db, id)?.is_some();
    Ok(Some(IncidentFile { incident, events: events(db, id)?, tallies: tallies(db, id)?, has_link }))
}

fn by_id(db: &Connection, id: IncidentId) -> Result<Option<Incident>> {
    let sql = format!("SELECT {COLUMNS} FROM incident WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id.0], incident).optional()
}

fn incidents(db: &Connection, sql: &str, params: impl Params) -> Result<Vec<Incident>> {
    db.prepare_cached(sql)?.query_map(params, incident)?.collect()
}

fn incident(row: &Row<'_>) -> Result<Incident> {
    let acknowledged = match optional_time(row, 4)? {
        Some(at) => Some(Acknowledgement { by: row.get(5)?, at }),
        None => None,
    };
    Ok(Incident {
        id: IncidentId(row.get(0)?),
        cause: word(row, 1)?,
        began_at: time(row, 2)?,
        opened_at: time(row, 3)?,
        acknowledged,
        closed_at: optional_time(row, 6)?,
    })
}

fn events(db: &Connection, id: IncidentId) -> Result<Vec<IncidentEvent>> {
    let mut statement = db.prepare_cached(
        "SELECT at, key, kind, text FROM incident_event WHERE incident_id = ?1 ORDER BY at, id",
    )?;
    let events = statement.query_map([id.0], |row| {
        Ok(IncidentEvent { at: time(row, 0)?, key: row.get(1)?, kind: word(row, 2)?, text: row.get(3)? })
    })?;
    events.collect()
}

fn tallies(db: &Connection, id: IncidentId) -> Result<Vec<(String, CallTally)>> {
    let mut statement = db.prepare_cached(
        "SELECT instance, tally FROM incident_tally WHERE incident_id = ?1 ORDER BY instance",
    )?;
    let tallies = statement.query_map([id.0], |row| {
        let tally = serde_json::from_str(row.get_ref(1)?.as_str()?);
        Ok((row.get(0)?, tally.map_err(|error| nonsense(1, error.to_string()))?))
    })?;
    tallies.collect()
}

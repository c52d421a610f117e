//! How the alerts of each instance stand, what became of them, and which rules are paused.

use super::{
    column::{before, fits_bytes, get, time, time_value},
    connection::Connection,
    failure::Failure,
    many,
    transaction::{Transaction, now},
};
use crate::{
    AlertChange, AlertHistory, AlertNews, AlertPause, AlertRow,
    operations::{Alerts, distinct},
};
use mysql_async::{Row, Value};
use std::time::Duration;

/// The longest name of an instance and of a rule.
const NAME: usize = 255;
/// The longest labels.
const LABELS: usize = 2000;

pub(super) async fn record_alerts(
    tx: &mut Transaction,
    instance: &str,
    rows: &[AlertRow],
    changes: &[AlertChange],
    alive_within: Duration,
) -> Result<AlertNews, Failure> {
    fits_bytes(instance, NAME, "instance's name")?;
    one_at_a_time(tx).await?;
    let old = held(tx).await?;
    see(tx, instance).await?;
    let alive_since = time_value(before(tx.now, alive_within));
    let let_go = "UPDATE alert SET held = 0
         WHERE held = 1 AND instance NOT IN (SELECT instance FROM alertInstance WHERE seenAt >= ?)";
    tx.execute(let_go, (alive_since,)).await?;
    replace(tx, instance, rows).await?;
    append(tx, instance, changes).await?;
    Ok(AlertNews::between(&old, &held(tx).await?))
}

/// Two that find the same alert new at the same time would each tell of it: so all change one row, on whatever node.
async fn one_at_a_time(tx: &mut Transaction) -> Result<(), Failure> {
    let change = uuid::Uuid::new_v4().to_string();
    tx.execute(
        "INSERT INTO setting (name, value) VALUES ('last_record_of_alerts', ?)
         ON DUPLICATE KEY UPDATE value = VALUES(value)",
        (change,),
    )
    .await?;
    Ok(())
}

/// The alerts that the installation has, whichever instance has them.
async fn held(db: &mut Connection) -> Result<Alerts, Failure> {
    let rows = db.rows("SELECT DISTINCT rule, labels FROM alert WHERE held = 1", ()).await?;
    rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
}

async fn see(tx: &mut Transaction, instance: &str) -> Result<(), Failure> {
    let now = time_value(tx.now);
    let see = "INSERT INTO alertInstance (instance, seenAt) VALUES (?, ?)
         ON DUPLICATE KEY UPDATE seenAt = VALUES(seenAt)";
    tx.execute(see, (instance, now)).await?;
    Ok(())
}

async fn replace(tx: &mut Transaction, instance: &str, rows: &[AlertRow]) -> Result<(), Failure> {
    tx.execute("DELETE FROM alert WHERE instance = ?", (instance,)).await?;
    let mut values: Vec<Value> = Vec::new();
    for row in distinct(rows) {
        fits_bytes(&row.rule, NAME, "rule's id")?;
        fits_bytes(&row.labels, LABELS, "alert's labels")?;
        let (rule, labels) = (row.rule.as_str(), row.labels.as_str());
        values.extend([instance.into(), rule.into(), labels.into()]);
        values.extend([row.firing.into(), row.firing.into(), row.document.as_str().into()]);
    }
    let insert = "INSERT INTO alert (instance, rule, labels, firing, held, document) VALUES";
    many::insert(tx, insert, 6, values).await
}

async fn append(tx: &mut Transaction, instance: &str, changes: &[AlertChange]) -> Result<(), Failure> {
    let mut values: Vec<Value> = Vec::new();
    for change in changes {
        fits_bytes(&change.rule, NAME, "rule's id")?;
        fits_bytes(&change.labels, LABELS, "alert's labels")?;
        values.extend([time_value(change.at), instance.into()]);
        values.extend([&change.rule, &change.labels, &change.from, &change.to].map(Value::from));
        values.push(format!("{:?}", change.value).into());
    }
    let insert = "INSERT INTO alertChange (at, instance, rule, labels, fromState, toState, value) VALUES";
    many::insert(tx, insert, 7, values).await
}

pub(super) async fn alerts(
    db: &mut Connection,
    alive_within: Duration,
    instance: Option<&str>,
) -> Result<Vec<(String, AlertRow)>, Failure> {
    let since = time_value(before(now(db).await?, alive_within));
    let sql = "SELECT instance, rule, labels, firing, document FROM alert
         WHERE instance = ? OR ? IS NULL
             AND instance IN (SELECT instance FROM alertInstance WHERE seenAt >= ?)
         ORDER BY instance, rule, labels";
    let rows = db.rows(sql, (instance, instance, since)).await?;
    let alert = |row: &Row| {
        let (rule, labels, firing) = (get(row, 1)?, get(row, 2)?, get(row, 3)?);
        Ok((get(row, 0)?, AlertRow { rule, labels, firing, document: get(row, 4)? }))
    };
    rows.iter().map(alert).collect()
}

/// The most changes that are told at once.
const HISTORY: u32 = 1000;

pub(super) const ALERT_HISTORY: &str =
    "SELECT at, rule, labels, fromState, toState, value, instance FROM alertChange
     ORDER BY at DESC, id DESC LIMIT ?";

pub(super) async fn alert_history(db: &mut Connection, limit: u32) -> Result<Vec<AlertHistory>, Failure> {
    let rows = db.rows(ALERT_HISTORY, (limit.min(HISTORY),)).await?;
    rows.iter().map(history).collect()
}

fn history(row: &Row) -> Result<AlertHistory, Failure> {
    let value = get::<String>(row, 5)?.parse();
    let change = AlertChange {
        at: time(row, 0)?,
        rule: get(row, 1)?,
        labels: get(row, 2)?,
        from: get(row, 3)?,
        to: get(row, 4)?,
        value: value.map_err(|_| Failure::Unreadable("an alert's value is not a number".into()))?,
    };
    Ok(AlertHistory { instance: get(row, 6)?, change })
}

pub(super) async fn pause_alert(tx: &mut Transaction, pause: &AlertPause) -> Result<(), Failure> {
    fits_bytes(&pause.rule, NAME, "rule's id")?;
    tx.execute(
        "INSERT INTO alertPause (rule, pausedUntil, pausedBy) VALUES (?, ?, ?)
         ON DUPLICATE KEY UPDATE pausedUntil = VALUES(pausedUntil), pausedBy = VALUES(pausedBy)",
        (&pause.rule, time_value(pause.until), &pause.by),
    )
    .await?;
    Ok(())
}

pub(super) async fn resume_alert(tx: &mut Transaction, rule: &str) -> Result<bool, Failure> {
    let now = time_value(tx.now);
    let gone = tx.execute("DELETE FROM alertPause WHERE rule = ? AND pausedUntil > ?", (rule, now)).await?;
    Ok(gone > 0)
}

pub(super) async fn alert_pauses(db: &mut Connection) -> Result<Vec<AlertPause>, Failure> {
    let sql = "SELECT rule, pausedUntil, pausedBy FROM alertPause WHERE pausedUntil > NOW(3) ORDER BY rule";
    let pause = |row: &Row| Ok(AlertPause { rule: get(row, 0)?, until: time(row, 1)?, by: get(row, 2)? });
    db.rows(sql, ()).await?.iter().map(pause).collect()
}

//! What can be found out about a database: at start in short, and for `pizza admin doctor`.

use super::{
    column::get,
    connection::{Connection, Facts},
    failure::Failure,
    transaction::now,
};
use crate::{Finding, Severity};
use jiff::Timestamp;
use mysql_async::{Row, Value};

/// The texts of these historic columns are people's, in any script.
const HISTORIC_TEXTS: &str = "SELECT TABLE_NAME, CHARACTER_SET_NAME FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = DATABASE() AND CHARACTER_SET_NAME NOT IN ('utf8mb4')
      AND (TABLE_NAME, COLUMN_NAME) IN (('user', 'name'), ('user', 'email'), ('menu', 'title'),
          ('menu', 'description'), ('franchise', 'name'), ('store', 'name'), ('orderItem', 'description'))
    GROUP BY TABLE_NAME, CHARACTER_SET_NAME";

const TABLES: &str = "SELECT TABLE_NAME FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME";

/// A clock that is off by less is as good as one that is right.
const CLOCK_TOLERANCE_SECONDS: i64 = 5;

/// Warns of what weakens a promise.
pub(super) async fn warn(db: &mut Connection) -> Result<(), Failure> {
    let mut findings = durability(db.facts());
    findings.extend(character_sets(db).await?);
    for Finding { what, advice, .. } in findings.into_iter().filter(|found| found.severity > Severity::Fine) {
        let advice = advice.unwrap_or_default();
        tracing::warn!("type" = "db", component = "store", advice, "{what}");
    }
    Ok(())
}

pub(super) async fn examine(db: &mut Connection) -> Result<Vec<Finding>, Failure> {
    db.take_your_time().await?;
    let mut findings = durability(db.facts());
    findings.extend(character_sets(db).await?);
    findings.push(clock(now(db).await?, Timestamp::now()));
    findings.push(integrity(db).await?);
    Ok(findings)
}

fn durability(facts: &Facts) -> Vec<Finding> {
    let each_commit = "innodb_flush_log_at_trx_commit";
    let mut findings = vec![match facts.get(each_commit) {
        Some("1") => Finding::fine("commits are on disk before they are answered"),
        Some(other) => Finding::warning(
            format!("a commit may be lost in a crash or power failure ({each_commit} = {other})"),
            format!("SET GLOBAL {each_commit} = 1, and set it in the server's configuration"),
        ),
        None => Finding::fine(format!(
            "how commits are made durable is the server's own affair (no {each_commit})"
        )),
    }];
    if facts.get("log_bin").is_some_and(|on| on == "on" || on == "1") && facts.get("sync_binlog") != Some("1")
    {
        findings.push(Finding::warning(
            "the binary log may be behind the data after a power failure, and so may be replicas (sync_binlog)",
            "SET GLOBAL sync_binlog = 1, and set it in the server's configuration",
        ));
    }
    findings
}

async fn character_sets(db: &mut Connection) -> Result<Vec<Finding>, Failure> {
    let rows = db.rows(HISTORIC_TEXTS, ()).await?;
    let finding = |row: &Row| {
        let (table, set): (String, String) = (get(row, 0)?, get(row, 1)?);
        Ok(Finding::warning(
            format!(
                "the table {table} cannot keep every script (its character set is {set}): such names are refused"
            ),
            format!("ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4"),
        ))
    };
    rows.iter().map(finding).collect()
}

fn clock(databases: Timestamp, ours: Timestamp) -> Finding {
    let ahead = databases.duration_since(ours).as_secs();
    if ahead.abs() <= CLOCK_TOLERANCE_SECONDS {
        return Finding::fine("the database's clock and this machine's agree");
    }
    Finding::warning(
        format!("the database's clock is {ahead} s ahead of this machine's"),
        "set both (timedatectl): due times are the database's, sessions are checked by this machine's",
    )
}

async fn integrity(db: &mut Connection) -> Result<Finding, Failure> {
    let mut damaged = Vec::new();
    for row in &db.rows(TABLES, Vec::<Value>::new()).await? {
        let table: String = get(row, 0)?;
        for verdict in &db.command(&format!("CHECK TABLE `{}`", table.replace('`', "``"))).await? {
            let (kind, text): (String, String) = (get(verdict, 2)?, get(verdict, 3)?);
            if kind == "error" || kind == "status" && text != "OK" {
                damaged.push(format!("{table}: {text}"));
            }
        }
    }
    Ok(if damaged.is_empty() {
        Finding::fine("the tables are intact")
    } else {
        Finding::error(format!("tables are damaged: {}", damaged.join("; ")), "restore the last backup")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_told_in_seconds() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(clock(now, now).severity, Severity::Fine);
        let off = clock(now + jiff::SignedDuration::from_secs(60), now);
        assert_eq!((off.severity, off.what.contains("60 s")), (Severity::Warning, true));
    }
}

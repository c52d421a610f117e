//! What can be found out about a file: for `pizza admin doctor`.

use crate::Finding;
use rusqlite::{Connection, Result};
use std::{fs, os::unix::fs::PermissionsExt};

pub(super) fn all_but_integrity(db: &Connection) -> Result<Vec<Finding>> {
    Ok(vec![durability(db)?, clock(db)?, privacy(db)])
}

pub(super) fn integrity(db: &Connection) -> Result<Finding> {
    let verdict: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    Ok(if verdict == "ok" {
        Finding::fine("the file is intact")
    } else {
        Finding::error(
            format!("the file is damaged: {verdict}"),
            "restore the last backup: pizza admin restore",
        )
    })
}

/// Asked of the connection that writes, for each connection has its own setting.
fn durability(db: &Connection) -> Result<Finding> {
    let synchronous: i64 = db.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    let journal: String = db.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    let what = format!("journal_mode = {journal}, synchronous = {synchronous}");
    Ok(if (synchronous, journal.as_str()) == (2, "wal") {
        Finding::fine(format!("commits are on disk before they are answered ({what})"))
    } else {
        Finding::error(
            format!("a commit may be lost in a power failure ({what})"),
            "report this: it is a defect",
        )
    })
}

/// Files that an earlier program made can be read by everybody; they hold password hashes.
fn privacy(db: &Connection) -> Finding {
    let mode = db.path().and_then(|path| fs::metadata(path).ok()).map_or(0, |file| file.permissions().mode());
    if mode & 0o077 == 0 {
        Finding::fine("nobody else can read the file")
    } else {
        let path = db.path().unwrap_or_default();
        Finding::warning(
            format!("others on this machine may read or write the file (mode {:o})", mode & 0o777),
            format!("chmod 600 {path}*"),
        )
    }
}

/// An order placed in the future says that the clock was set back since.
fn clock(db: &Connection) -> Result<Finding> {
    let ahead: f64 = db.query_row(
        "SELECT coalesce(max(queued_at), 0) / 1000.0 - unixepoch('subsec') FROM
             (SELECT queued_at FROM fulfilment ORDER BY order_id DESC LIMIT 1000)",
        [],
        |row| row.get(0),
    )?;
    Ok(if ahead <= 1.0 {
        Finding::fine("the clock is not behind the newest orders")
    } else {
        Finding::warning(
            format!("the newest order is {ahead:.0} s ahead of this machine's clock"),
            "set the clock (timedatectl): leases and due times are taken from it",
        )
    })
}

//! Sessions.
//!
//! A session is a row of the historic `auth`, so the historic service knows it too. When ours ends stands in a table
//! beside it; a row without that is one of the historic service, and lives until somebody closes it.
//!
//! A collation may think that two tokens are the same that differ in case, so what was found is compared again.

use super::{
    accounts::{push_role, user},
    column::{get, optional_time, role, time_value},
    connection::Connection,
    failure::Failure,
    many,
    transaction::Transaction,
};
use domain::{User, UserId};
use jiff::Timestamp;
use mysql_async::Value;

/// Signing in twice in the same second may give the same token twice: that is one session.
pub(super) async fn open_session(
    tx: &mut Transaction,
    signature: &str,
    user: UserId,
    expires_at: Timestamp,
) -> Result<(), Failure> {
    let found = tx.row("SELECT token FROM auth WHERE token = ?", (signature,)).await?;
    match found.map(|row| get::<String>(&row, 0)).transpose()? {
        Some(token) if token != signature => {
            return Err(Failure::DoesNotFit("the collation of auth takes this token for another one".into()));
        }
        Some(_) => tx.execute("UPDATE auth SET userId = ? WHERE token = ?", (user.0, signature)).await?,
        None => tx.execute("INSERT INTO auth (token, userId) VALUES (?, ?)", (signature, user.0)).await?,
    };
    tx.execute(
        "INSERT INTO sessionExpiry (token, expiresAt) VALUES (?, ?)
         ON DUPLICATE KEY UPDATE expiresAt = VALUES(expiresAt)",
        (signature, time_value(expires_at)),
    )
    .await?;
    Ok(())
}

pub(super) const SESSION_USER: &str =
    "SELECT user.id, user.name, user.email, userRole.role, userRole.objectId, auth.token
     FROM auth
     JOIN user ON user.id = auth.userId
     LEFT JOIN userRole ON userRole.userId = user.id
     LEFT JOIN sessionExpiry ON sessionExpiry.token = ?
     WHERE auth.token = ? AND (sessionExpiry.expiresAt IS NULL OR sessionExpiry.expiresAt > NOW(3))
     ORDER BY userRole.id";

pub(super) async fn session_user(db: &mut Connection, signature: &str) -> Result<Option<User>, Failure> {
    let rows = db.rows(SESSION_USER, (signature, signature)).await?;
    let mut found: Option<User> = None;
    for row in &rows {
        if get::<String>(row, 5)? == signature {
            let found = match &mut found {
                Some(found) => found,
                none => none.insert(user(row)?),
            };
            push_role(&mut found.roles, role(row, 3)?);
        }
    }
    Ok(found)
}

pub(super) async fn close_session(tx: &mut Transaction, signature: &str) -> Result<bool, Failure> {
    let row = tx
        .row(
            "SELECT auth.token, sessionExpiry.expiresAt FROM auth
             LEFT JOIN sessionExpiry ON sessionExpiry.token = ? WHERE auth.token = ? FOR UPDATE",
            (signature, signature),
        )
        .await?;
    let Some(row) = row else { return Ok(false) };
    if get::<String>(&row, 0)? != signature {
        return Ok(false);
    }
    close(tx, &[signature.into()]).await?;
    Ok(optional_time(&row, 1)?.is_none_or(|expires_at| expires_at > tx.now))
}

/// The historic table has no index on its users, so it is read without a lock, and then closed token by token.
pub(super) async fn close_all_of(tx: &mut Transaction, user: UserId) -> Result<(), Failure> {
    let rows = tx.rows("SELECT token FROM auth WHERE userId = ?", (user.0,)).await?;
    let tokens = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<Value>, _>>()?;
    close(tx, &tokens).await
}

/// Forgets at most `limit` sessions that have ended; how many there were.
pub(super) async fn prune(tx: &mut Transaction, limit: u32) -> Result<u64, Failure> {
    let now = time_value(tx.now);
    let ended = "SELECT token FROM sessionExpiry WHERE expiresAt <= ? ORDER BY expiresAt LIMIT ? FOR UPDATE";
    let rows = tx.rows(ended, (now, limit)).await?;
    let tokens = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<Value>, _>>()?;
    close(tx, &tokens).await?;
    Ok(tokens.len() as u64)
}

async fn close(tx: &mut Transaction, tokens: &[Value]) -> Result<(), Failure> {
    many::execute(tx, "DELETE FROM auth WHERE token IN (IDS)", &[], tokens).await?;
    many::execute(tx, "DELETE FROM sessionExpiry WHERE token IN (IDS)", &[], tokens).await?;
    Ok(())
}

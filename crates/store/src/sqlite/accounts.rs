//! Accounts and sessions.

use super::{
    clock::Millis,
    column::{role, role_columns},
};
use crate::{Credentials, NewUser, Registration};
use domain::{EmailAddress, Name, Role, User, UserId};
use rusqlite::{Connection, OptionalExtension, Result, Row};

pub(super) fn create_user(db: &Connection, new: &NewUser) -> Result<Registration> {
    let key = email_key(new.email.as_str());
    if find_by_email(db, &key)?.is_some() {
        return Ok(Registration::EmailTaken);
    }
    db.prepare_cached("INSERT INTO user (name, email, email_key, password_hash) VALUES (?1, ?2, ?3, ?4)")?
        .execute((new.name.as_str(), new.email.as_str(), key, &new.password_hash))?;
    let id = UserId(db.last_insert_rowid());
    for &role in &new.roles {
        add_role(db, id, role)?;
    }
    let (name, email) = (new.name.clone(), new.email.clone());
    Ok(Registration::Created(User { id, name, email, roles: roles(db, id)? }))
}

pub(super) fn credentials(db: &Connection, email: &str) -> Result<Vec<Credentials>> {
    let Some(id) = find_by_email(db, &email_key(email))? else {
        return Ok(Vec::new());
    };
    let mut statement = db.prepare_cached("SELECT id, name, email, password_hash FROM user WHERE id = ?1")?;
    let (mut user, password_hash) = statement.query_one([id.0], |row| Ok((user(row)?, row.get(3)?)))?;
    user.roles = roles(db, id)?;
    Ok(vec![Credentials { user, password_hash }])
}

/// Signing in twice in the same second may give the same token twice: that is one session.
pub(super) fn open_session(db: &Connection, signature: &str, user: UserId, expires_at: Millis) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO auth (token, user_id, expires_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (token) DO UPDATE SET user_id = excluded.user_id, expires_at = excluded.expires_at",
    )?
    .execute((signature, user.0, expires_at))?;
    Ok(())
}

pub(super) const SESSION_USER: &str = "SELECT user.id, user.name, user.email
     FROM auth JOIN user ON user.id = auth.user_id
     WHERE auth.token = ?1 AND auth.expires_at > ?2";

pub(super) fn session_user(db: &Connection, signature: &str, now: Millis) -> Result<Option<User>> {
    let found = db.prepare_cached(SESSION_USER)?.query_row((signature, now), user).optional()?;
    let Some(mut user) = found else { return Ok(None) };
    user.roles = roles(db, user.id)?;
    Ok(Some(user))
}

pub(super) fn close_session(db: &Connection, signature: &str, now: Millis) -> Result<bool> {
    let live = db
        .prepare_cached("DELETE FROM auth WHERE token = ?1 RETURNING expires_at > ?2")?
        .query_row((signature, now), |row| row.get(0))
        .optional()?;
    Ok(live.unwrap_or(false))
}

pub(super) fn find_by_email(db: &Connection, key: &str) -> Result<Option<UserId>> {
    db.prepare_cached("SELECT id FROM user WHERE email_key = ?1")?
        .query_row([key], |row| row.get(0).map(UserId))
        .optional()
}

/// Two addresses with the same key are the same address.
pub(super) fn email_key(email: &str) -> String {
    email.to_lowercase()
}

pub(super) fn add_role(db: &Connection, user: UserId, role: Role) -> Result<()> {
    let (word, object) = role_columns(role);
    db.prepare_cached("INSERT OR IGNORE INTO user_role (user_id, role, object_id) VALUES (?1, ?2, ?3)")?
        .execute((user.0, word, object))?;
    Ok(())
}

fn roles(db: &Connection, user: UserId) -> Result<Vec<Role>> {
    let mut statement = db.prepare_cached("SELECT role, object_id FROM user_role WHERE user_id = ?1")?;
    let roles = statement.query_map([user.0], |row| role(row, 0))?;
    roles.filter_map(Result::transpose).collect()
}

/// A user whose roles are still to be read.
fn user(row: &Row<'_>) -> Result<User> {
    Ok(User {
        id: UserId(row.get(0)?),
        name: Name::from_database(row.get(1)?),
        email: EmailAddress::from_database(row.get(2)?),
        roles: Vec::new(),
    })
}

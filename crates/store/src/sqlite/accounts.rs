//! Accounts and sessions.

use super::{
    clock::Millis,
    column::{role, role_columns},
};
use crate::wildcard;
use crate::{Credentials, NewUser, Registration, UserChange, UserDeletion, UserPage, UserQuery, UserUpdate};
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
    let (user, password_hash) = statement.query_one([id.0], |row| Ok((user(row)?, row.get(3)?)))?;
    Ok(vec![Credentials { user: with_roles(db, user)?, password_hash }])
}

pub(super) fn users(db: &Connection, query: &UserQuery) -> Result<UserPage> {
    let mut skip = u64::from(query.page) * u64::from(query.per_page);
    let mut page = UserPage { users: Vec::new(), more: false };
    let mut statement = db.prepare_cached("SELECT id, name, email FROM user ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if !wildcard::matches(&query.name, row.get_ref(1)?.as_str()?) {
            continue;
        }
        if skip > 0 {
            skip -= 1;
        } else if page.users.len() < query.per_page as usize {
            page.users.push(with_roles(db, user(row)?)?);
        } else {
            page.more = true;
            break;
        }
    }
    Ok(page)
}

pub(super) fn user_by_id(db: &Connection, id: UserId) -> Result<Option<User>> {
    db.prepare_cached("SELECT id, name, email FROM user WHERE id = ?1")?
        .query_row([id.0], user)
        .optional()?
        .map(|user| with_roles(db, user))
        .transpose()
}

pub(super) fn has_admin(db: &Connection) -> Result<bool> {
    db.prepare_cached("SELECT 1 FROM user_role WHERE role = 'admin'")?.exists([])
}

pub(super) fn update_user(db: &Connection, id: UserId, change: &UserChange) -> Result<UserUpdate> {
    if let Some(email) = &change.email {
        let key = email_key(email.as_str());
        if find_by_email(db, &key)?.is_some_and(|owner| owner != id) {
            return Ok(UserUpdate::EmailTaken);
        }
        db.prepare_cached("UPDATE user SET email = ?2, email_key = ?3 WHERE id = ?1")?.execute((
            id.0,
            email.as_str(),
            key,
        ))?;
    }
    if let Some(name) = &change.name {
        db.prepare_cached("UPDATE user SET name = ?2 WHERE id = ?1")?.execute((id.0, name.as_str()))?;
    }
    if let Some(hash) = &change.password_hash {
        db.prepare_cached("UPDATE user SET password_hash = ?2 WHERE id = ?1")?.execute((id.0, hash))?;
        db.prepare_cached("DELETE FROM auth WHERE user_id = ?1")?.execute([id.0])?;
    }
    Ok(user_by_id(db, id)?.map_or(UserUpdate::Unknown, UserUpdate::Updated))
}

pub(super) fn rehash_password(db: &Connection, id: UserId, old: &str, new: &str) -> Result<bool> {
    let changed = db
        .prepare_cached("UPDATE user SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2")?
        .execute((id.0, old, new))?;
    Ok(changed == 1)
}

/// Roles and sessions go with the row.
pub(super) fn delete_user(db: &Connection, id: UserId) -> Result<UserDeletion> {
    let Some(user) = user_by_id(db, id)? else { return Ok(UserDeletion::Unknown) };
    let mut other_admin =
        db.prepare_cached("SELECT 1 FROM user_role WHERE role = 'admin' AND user_id <> ?1")?;
    if user.is_admin() && !other_admin.exists([id.0])? {
        return Ok(UserDeletion::LastAdmin);
    }
    db.prepare_cached("DELETE FROM user WHERE id = ?1")?.execute([id.0])?;
    Ok(UserDeletion::Deleted)
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
    db.prepare_cached(SESSION_USER)?
        .query_row((signature, now), user)
        .optional()?
        .map(|user| with_roles(db, user))
        .transpose()
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

fn with_roles(db: &Connection, user: User) -> Result<User> {
    Ok(User { roles: roles(db, user.id)?, ..user })
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

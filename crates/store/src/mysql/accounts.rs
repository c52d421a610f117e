//! Accounts.

use super::{
    column::{fits_a_text, get, role, role_columns},
    connection::Connection,
    emails::{self, Adoption, email_key},
    failure::Failure,
    many, sessions,
    transaction::Transaction,
};
use crate::{
    Credentials, NewUser, Registration, UserChange, UserDeletion, UserPage, UserQuery, UserUpdate, wildcard,
};
use domain::{EmailAddress, Name, Role, User, UserId};
use mysql_async::{Row, Value};
use std::collections::HashMap;

pub(super) async fn create_user(
    tx: &mut Transaction,
    adoption: &Adoption,
    new: &NewUser,
) -> Result<Registration, Failure> {
    let (name, email) = (new.name.as_str(), new.email.as_str());
    fits_a_text(name, "name")?;
    fits_a_text(email, "e-mail address")?;
    if !adoption.owners(tx, email).await?.is_empty() {
        return Ok(Registration::EmailTaken);
    }
    let insert = "INSERT INTO user (name, email, password) VALUES (?, ?, ?)";
    tx.execute(insert, (name, email, &new.password_hash)).await?;
    let id = UserId(tx.last_insert_id()?);
    emails::claim(tx, email, id.0).await?;
    let mut roles = Vec::new();
    for &role in &new.roles {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    add_roles(tx, &roles.iter().map(|&role| (id, role)).collect::<Vec<_>>()).await?;
    Ok(Registration::Created(User { id, name: new.name.clone(), email: new.email.clone(), roles }))
}

pub(super) async fn credentials(
    db: &mut Connection,
    adoption: &Adoption,
    email: &str,
) -> Result<Vec<Credentials>, Failure> {
    let mut found = Vec::new();
    for id in adoption.owners(db, email).await? {
        let row = db.row("SELECT id, name, email, password FROM user WHERE id = ?", (id,)).await?;
        let Some(row) = row else { continue };
        let user = User { roles: roles(db, UserId(id)).await?, ..user(&row)? };
        found.push(Credentials { user, password_hash: get(&row, 3)? });
    }
    Ok(found)
}

/// Users are looked through in pages, so that nobody's memory holds all of them.
const PAGE: u64 = 1000;

pub(super) async fn users(db: &mut Connection, query: &UserQuery) -> Result<UserPage, Failure> {
    let mut skip = u64::from(query.page) * u64::from(query.per_page);
    let mut page = UserPage { users: Vec::new(), more: false };
    let mut after = i64::MIN;
    // Where every name matches, the first look is enough.
    let look_at = (skip + u64::from(query.per_page) + 1).min(PAGE);
    'page: loop {
        let sql = "SELECT id, name, email FROM user WHERE id > ? ORDER BY id LIMIT ?";
        let rows = db.rows(sql, (after, look_at)).await?;
        for row in &rows {
            let user = user(row)?;
            after = user.id.0;
            if !wildcard::matches(&query.name, user.name.as_str()) {
                continue;
            }
            if skip > 0 {
                skip -= 1;
            } else if page.users.len() < query.per_page as usize {
                page.users.push(user);
            } else {
                page.more = true;
                break 'page;
            }
        }
        if (rows.len() as u64) < look_at {
            break;
        }
    }
    add_roles_to(db, &mut page.users).await?;
    Ok(page)
}

pub(super) async fn user_by_id(db: &mut Connection, id: UserId) -> Result<Option<User>, Failure> {
    let row = db.row("SELECT id, name, email FROM user WHERE id = ?", (id.0,)).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(User { roles: roles(db, id).await?, ..user(&row)? }))
}

pub(super) async fn has_admin(db: &mut Connection) -> Result<bool, Failure> {
    let admin = db.row("SELECT 1 FROM userRole WHERE role = 'admin' LIMIT 1", ()).await?;
    Ok(admin.is_some())
}

pub(super) async fn update_user(
    tx: &mut Transaction,
    adoption: &Adoption,
    id: UserId,
    change: &UserChange,
) -> Result<UserUpdate, Failure> {
    let Some(user) = user_by_id(tx, id).await? else { return Ok(UserUpdate::Unknown) };
    let name = change.name.as_ref().unwrap_or(&user.name);
    let email = change.email.as_ref().unwrap_or(&user.email);
    fits_a_text(name.as_str(), "name")?;
    fits_a_text(email.as_str(), "e-mail address")?;
    if email_key(email.as_str()) != email_key(user.email.as_str()) {
        if !adoption.owners(tx, email.as_str()).await?.is_empty() {
            return Ok(UserUpdate::EmailTaken);
        }
        emails::claim(tx, email.as_str(), id.0).await?;
    }
    let update = "UPDATE user SET name = ?, email = ? WHERE id = ?";
    tx.execute(update, (name.as_str(), email.as_str(), id.0)).await?;
    if let Some(hash) = &change.password_hash {
        tx.execute("UPDATE user SET password = ? WHERE id = ?", (hash, id.0)).await?;
        sessions::close_all_of(tx, id).await?;
    }
    Ok(UserUpdate::Updated(User { name: name.clone(), email: email.clone(), ..user }))
}

pub(super) async fn rehash_password(
    tx: &mut Transaction,
    id: UserId,
    old: &str,
    new: &str,
) -> Result<bool, Failure> {
    // Compared by us: the column's collation may think that two hashes are the same.
    let row = tx.row("SELECT password FROM user WHERE id = ? FOR UPDATE", (id.0,)).await?;
    let Some(row) = row else { return Ok(false) };
    if get::<String>(&row, 0)? != old {
        return Ok(false);
    }
    tx.execute("UPDATE user SET password = ? WHERE id = ?", (new, id.0)).await?;
    Ok(true)
}

pub(super) async fn delete_user(tx: &mut Transaction, id: UserId) -> Result<UserDeletion, Failure> {
    let Some(user) = user_by_id(tx, id).await? else { return Ok(UserDeletion::Unknown) };
    if user.is_admin() {
        one_deletion_of_an_admin_at_a_time(tx).await?;
        let others = "SELECT 1 FROM userRole WHERE role = 'admin' AND userId <> ? LIMIT 1";
        if tx.row(others, (id.0,)).await?.is_none() {
            return Ok(UserDeletion::LastAdmin);
        }
    }
    sessions::close_all_of(tx, id).await?;
    emails::release(tx, id.0).await?;
    tx.execute("DELETE FROM userRole WHERE userId = ?", (id.0,)).await?;
    tx.execute("DELETE FROM user WHERE id = ?", (id.0,)).await?;
    Ok(UserDeletion::Deleted)
}

/// Two admins that delete each other would each see the other one: so both change one row, on whatever node.
async fn one_deletion_of_an_admin_at_a_time(tx: &mut Transaction) -> Result<(), Failure> {
    let change = uuid::Uuid::new_v4().to_string();
    tx.execute(
        "INSERT INTO setting (name, value) VALUES ('last_deletion_of_an_admin', ?)
         ON DUPLICATE KEY UPDATE value = VALUES(value)",
        (change,),
    )
    .await?;
    Ok(())
}

/// Gives roles to people who do not have them.
pub(super) async fn add_roles(tx: &mut Transaction, roles: &[(UserId, Role)]) -> Result<(), Failure> {
    let columns = |&(user, role): &(UserId, Role)| {
        let (word, object) = role_columns(role);
        [Value::from(user.0), word.into(), object.into()]
    };
    let values = roles.iter().flat_map(columns).collect();
    many::insert(tx, "INSERT INTO userRole (userId, role, objectId) VALUES", 3, values).await
}

pub(super) const ROLES: &str = "SELECT role, objectId FROM userRole WHERE userId = ? ORDER BY id";

async fn roles(db: &mut Connection, user: UserId) -> Result<Vec<Role>, Failure> {
    let rows = db.rows(ROLES, (user.0,)).await?;
    let mut roles = Vec::new();
    for row in &rows {
        push_role(&mut roles, role(row, 0)?);
    }
    Ok(roles)
}

async fn add_roles_to(db: &mut Connection, users: &mut [User]) -> Result<(), Failure> {
    let ids: Vec<Value> = users.iter().map(|user| Value::from(user.id.0)).collect();
    let sql = "SELECT userId, role, objectId FROM userRole WHERE userId IN (IDS) ORDER BY id";
    let mut found: HashMap<i64, Vec<Role>> = HashMap::new();
    for row in &many::select(db, sql, &[], &ids).await? {
        push_role(found.entry(get(row, 0)?).or_default(), role(row, 1)?);
    }
    for user in users {
        user.roles = found.remove(&user.id.0).unwrap_or_default();
    }
    Ok(())
}

/// The historic table may hold a role twice.
pub(super) fn push_role(roles: &mut Vec<Role>, role: Option<Role>) {
    roles.extend(role.filter(|role| !roles.contains(role)));
}

/// A user whose roles are still to be read.
pub(super) fn user(row: &Row) -> Result<User, Failure> {
    Ok(User {
        id: UserId(get(row, 0)?),
        name: Name::from_database(get(row, 1)?),
        email: EmailAddress::from_database(get(row, 2)?),
        roles: Vec::new(),
    })
}

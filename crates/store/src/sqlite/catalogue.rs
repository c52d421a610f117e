//! The menu, franchises and stores.

use super::{accounts, column::bitcoin};
use crate::{FranchiseCreation, FranchisePage, FranchiseQuery, NewFranchise, StoreCreation, wildcard};
use domain::{
    EmailAddress, Franchise, FranchiseAdmin, FranchiseId, Menu, MenuId, MenuItem, NewMenuItem, Role, Store,
    StoreId, UserId,
};
use rusqlite::{Connection, OptionalExtension, Result, Row};

pub(super) fn menu(db: &Connection) -> Result<Menu> {
    let mut statement =
        db.prepare_cached("SELECT id, title, image, price, description FROM menu ORDER BY id")?;
    let items = statement.query_map([], |row| {
        Ok(MenuItem {
            id: MenuId(row.get(0)?),
            title: row.get(1)?,
            image: row.get(2)?,
            price: bitcoin(row, 3)?,
            description: row.get(4)?,
        })
    })?;
    items.collect::<Result<_>>().map(Menu)
}

pub(super) fn add_menu_item(db: &Connection, item: &NewMenuItem) -> Result<Menu> {
    db.prepare_cached("INSERT INTO menu (title, image, price, description) VALUES (?1, ?2, ?3, ?4)")?
        .execute((&item.title, &item.image, item.price.satoshi(), &item.description))?;
    menu(db)
}

pub(super) fn change_menu_item(db: &Connection, id: MenuId, item: &NewMenuItem) -> Result<Option<Menu>> {
    let changed = db
        .prepare_cached("UPDATE menu SET title = ?2, image = ?3, price = ?4, description = ?5 WHERE id = ?1")?
        .execute((id.0, &item.title, &item.image, item.price.satoshi(), &item.description))?;
    if changed == 1 { menu(db).map(Some) } else { Ok(None) }
}

pub(super) fn withdraw_menu_item(db: &Connection, id: MenuId) -> Result<Option<Menu>> {
    let gone = db.prepare_cached("DELETE FROM menu WHERE id = ?1")?.execute([id.0])?;
    if gone == 1 { menu(db).map(Some) } else { Ok(None) }
}

pub(super) fn franchises(db: &Connection, query: &FranchiseQuery) -> Result<FranchisePage> {
    let (mut franchises, more) = matching_page(db, query)?;
    for franchise in &mut franchises {
        franchise.stores = stores(db, franchise.id, query.with_business)?;
        if query.with_business {
            franchise.admins = admins(db, franchise.id)?;
        }
    }
    Ok(FranchisePage { franchises, more })
}

/// The franchises of the page, still without stores and admins, and whether another one follows.
fn matching_page(db: &Connection, query: &FranchiseQuery) -> Result<(Vec<Franchise>, bool)> {
    let mut skip = u64::from(query.page) * u64::from(query.per_page);
    let mut page = Vec::new();
    let mut statement = db.prepare_cached("SELECT id, name FROM franchise ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if !wildcard::matches(&query.name, row.get_ref(1)?.as_str()?) {
            continue;
        }
        if skip > 0 {
            skip -= 1;
        } else if page.len() < query.per_page as usize {
            page.push(franchise(row)?);
        } else {
            return Ok((page, true));
        }
    }
    Ok((page, false))
}

fn franchise(row: &Row<'_>) -> Result<Franchise> {
    Ok(Franchise { id: FranchiseId(row.get(0)?), name: row.get(1)?, admins: Vec::new(), stores: Vec::new() })
}

fn stores(db: &Connection, franchise: FranchiseId, with_revenue: bool) -> Result<Vec<Store>> {
    let mut statement =
        db.prepare_cached("SELECT id, name, revenue FROM store WHERE franchise_id = ?1 ORDER BY id")?;
    let stores = statement.query_map([franchise.0], |row| {
        Ok(Store {
            id: StoreId(row.get(0)?),
            name: row.get(1)?,
            total_revenue: if with_revenue { Some(bitcoin(row, 2)?) } else { None },
        })
    })?;
    stores.collect()
}

fn admins(db: &Connection, franchise: FranchiseId) -> Result<Vec<FranchiseAdmin>> {
    let mut statement = db.prepare_cached(
        "SELECT user.id, user.name, user.email FROM user_role JOIN user ON user.id = user_role.user_id
         WHERE user_role.role = 'franchisee' AND user_role.object_id = ?1 ORDER BY user.id",
    )?;
    let admins = statement.query_map([franchise.0], admin)?;
    admins.collect()
}

fn admin(row: &Row<'_>) -> Result<FranchiseAdmin> {
    Ok(FranchiseAdmin {
        id: UserId(row.get(0)?),
        name: row.get(1)?,
        email: EmailAddress::from_database(row.get(2)?),
    })
}

pub(super) fn franchises_of(db: &Connection, franchisee: UserId) -> Result<Vec<Franchise>> {
    let mut statement = db.prepare_cached(
        "SELECT franchise.id, franchise.name FROM user_role JOIN franchise ON franchise.id = user_role.object_id
         WHERE user_role.user_id = ?1 AND user_role.role = 'franchisee' ORDER BY franchise.id",
    )?;
    let franchises = statement.query_map([franchisee.0], franchise)?.collect::<Result<Vec<_>>>()?;
    franchises.into_iter().map(|franchise| with_business(db, franchise)).collect()
}

pub(super) fn franchise_by_id(db: &Connection, id: FranchiseId) -> Result<Option<Franchise>> {
    let found = db
        .prepare_cached("SELECT id, name FROM franchise WHERE id = ?1")?
        .query_row([id.0], franchise)
        .optional()?;
    found.map(|franchise| with_business(db, franchise)).transpose()
}

fn with_business(db: &Connection, franchise: Franchise) -> Result<Franchise> {
    let (stores, admins) = (stores(db, franchise.id, true)?, admins(db, franchise.id)?);
    Ok(Franchise { stores, admins, ..franchise })
}

pub(super) fn franchise_of(db: &Connection, store: StoreId) -> Result<Option<FranchiseId>> {
    db.prepare_cached("SELECT franchise_id FROM store WHERE id = ?1")?
        .query_row([store.0], |row| row.get(0).map(FranchiseId))
        .optional()
}

pub(super) fn create_franchise(db: &Connection, new: &NewFranchise) -> Result<FranchiseCreation> {
    let mut admins: Vec<FranchiseAdmin> = Vec::new();
    for email in &new.admins {
        match admin_by_email(db, email)? {
            None => return Ok(FranchiseCreation::UnknownAdmin(email.clone())),
            Some(admin) if admins.iter().any(|known| known.id == admin.id) => {}
            Some(admin) => admins.push(admin),
        }
    }
    let taken = db.prepare_cached("SELECT 1 FROM franchise WHERE name = ?1")?.exists([&new.name])?;
    if taken {
        return Ok(FranchiseCreation::NameTaken);
    }
    db.prepare_cached("INSERT INTO franchise (name) VALUES (?1)")?.execute([&new.name])?;
    let id = FranchiseId(db.last_insert_rowid());
    for admin in &admins {
        accounts::add_role(db, admin.id, Role::Franchisee(id))?;
    }
    Ok(FranchiseCreation::Created { id, admins })
}

fn admin_by_email(db: &Connection, email: &EmailAddress) -> Result<Option<FranchiseAdmin>> {
    db.prepare_cached("SELECT id, name, email FROM user WHERE email_key = ?1")?
        .query_row([accounts::email_key(email.as_str())], admin)
        .optional()
}

pub(super) fn delete_franchise(db: &Connection, id: FranchiseId) -> Result<bool> {
    db.prepare_cached("DELETE FROM store WHERE franchise_id = ?1")?.execute([id.0])?;
    db.prepare_cached("DELETE FROM user_role WHERE role = 'franchisee' AND object_id = ?1")?
        .execute([id.0])?;
    Ok(db.prepare_cached("DELETE FROM franchise WHERE id = ?1")?.execute([id.0])? == 1)
}

pub(super) fn create_store(db: &Connection, franchise: FranchiseId, name: &str) -> Result<StoreCreation> {
    if !db.prepare_cached("SELECT 1 FROM franchise WHERE id = ?1")?.exists([franchise.0])? {
        return Ok(StoreCreation::UnknownFranchise);
    }
    db.prepare_cached("INSERT INTO store (franchise_id, name) VALUES (?1, ?2)")?
        .execute((franchise.0, name))?;
    Ok(StoreCreation::Created(StoreId(db.last_insert_rowid())))
}

pub(super) fn delete_store(db: &Connection, franchise: FranchiseId, store: StoreId) -> Result<bool> {
    let gone = db
        .prepare_cached("DELETE FROM store WHERE id = ?1 AND franchise_id = ?2")?
        .execute((store.0, franchise.0))?;
    Ok(gone == 1)
}

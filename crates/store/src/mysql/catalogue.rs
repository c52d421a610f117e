//! The menu, franchises and stores.

use super::{
    accounts,
    column::{bitcoin, fits_a_price, fits_a_text, get},
    connection::Connection,
    emails::Adoption,
    failure::Failure,
    many, revenue,
    transaction::Transaction,
};
use crate::{FranchiseCreation, FranchisePage, FranchiseQuery, NewFranchise, StoreCreation, wildcard};
use domain::{
    EmailAddress, Franchise, FranchiseAdmin, FranchiseId, Menu, MenuId, MenuItem, NewMenuItem, Role, Store,
    StoreId, UserId,
};
use mysql_async::{Row, Value};

pub(super) async fn menu(db: &mut Connection) -> Result<Menu, Failure> {
    let rows = db
        .rows(
            "SELECT id, title, image, CAST(price * 100000000 AS SIGNED), description FROM menu ORDER BY id",
            (),
        )
        .await?;
    let item = |row: &Row| {
        Ok(MenuItem {
            id: MenuId(get(row, 0)?),
            title: get(row, 1)?,
            image: get(row, 2)?,
            price: bitcoin(row, 3)?,
            description: get(row, 4)?,
        })
    };
    rows.iter().map(item).collect::<Result<_, _>>().map(Menu)
}

pub(super) async fn add_menu_item(tx: &mut Transaction, item: &NewMenuItem) -> Result<Menu, Failure> {
    fits_a_price(item.price)?;
    fits_a_text(&item.title, "title")?;
    tx.execute(
        "INSERT INTO menu (title, image, price, description) VALUES (?, ?, ?, ?)",
        (&item.title, &item.image, item.price.to_string(), &item.description),
    )
    .await?;
    menu(tx).await
}

pub(super) async fn change_menu_item(
    tx: &mut Transaction,
    id: MenuId,
    item: &NewMenuItem,
) -> Result<Option<Menu>, Failure> {
    fits_a_price(item.price)?;
    fits_a_text(&item.title, "title")?;
    let changed = tx
        .execute(
            "UPDATE menu SET title = ?, image = ?, price = ?, description = ? WHERE id = ?",
            (&item.title, &item.image, item.price.to_string(), &item.description, id.0),
        )
        .await?;
    if changed == 1 { menu(tx).await.map(Some) } else { Ok(None) }
}

/// The row itself goes, so that the historic service and its clients do not offer it either.
pub(super) async fn withdraw_menu_item(tx: &mut Transaction, id: MenuId) -> Result<Option<Menu>, Failure> {
    let gone = tx.execute("DELETE FROM menu WHERE id = ?", (id.0,)).await?;
    if gone == 1 { menu(tx).await.map(Some) } else { Ok(None) }
}

pub(super) async fn franchises(
    db: &mut Connection,
    query: &FranchiseQuery,
) -> Result<FranchisePage, Failure> {
    let (mut franchises, more) = matching_page(db, query).await?;
    add_stores(db, &mut franchises, query.with_business).await?;
    if query.with_business {
        add_admins(db, &mut franchises).await?;
    }
    Ok(FranchisePage { franchises, more })
}

/// Franchises are looked through in pages, so that nobody's memory holds all of them.
const PAGE: u64 = 1000;

/// The franchises of the page, still without stores and admins, and whether another one follows.
async fn matching_page(
    db: &mut Connection,
    query: &FranchiseQuery,
) -> Result<(Vec<Franchise>, bool), Failure> {
    let mut skip = u64::from(query.page) * u64::from(query.per_page);
    let mut page: Vec<Franchise> = Vec::new();
    let mut after = i64::MIN;
    // Where every name matches, the first look is enough.
    let look_at = (skip + u64::from(query.per_page) + 1).min(PAGE);
    loop {
        let sql = "SELECT id, name FROM franchise WHERE id > ? ORDER BY id LIMIT ?";
        let rows = db.rows(sql, (after, look_at)).await?;
        for row in &rows {
            let franchise = franchise(row)?;
            after = franchise.id.0;
            if !wildcard::matches(&query.name, &franchise.name) {
                continue;
            }
            if skip > 0 {
                skip -= 1;
            } else if page.len() < query.per_page as usize {
                page.push(franchise);
            } else {
                return Ok((page, true));
            }
        }
        if (rows.len() as u64) < look_at {
            return Ok((page, false));
        }
    }
}

pub(super) async fn franchises_of(
    db: &mut Connection,
    franchisee: UserId,
) -> Result<Vec<Franchise>, Failure> {
    // The role of a franchise that no longer exists leads nowhere.
    let rows = db
        .rows(
            "SELECT DISTINCT franchise.id, franchise.name FROM userRole
             JOIN franchise ON franchise.id = userRole.objectId
             WHERE userRole.userId = ? AND userRole.role = 'franchisee' ORDER BY franchise.id",
            (franchisee.0,),
        )
        .await?;
    let mut franchises = rows.iter().map(franchise).collect::<Result<Vec<_>, _>>()?;
    add_stores(db, &mut franchises, true).await?;
    add_admins(db, &mut franchises).await?;
    Ok(franchises)
}

pub(super) async fn franchise_by_id(
    db: &mut Connection,
    id: FranchiseId,
) -> Result<Option<Franchise>, Failure> {
    let Some(row) = db.row("SELECT id, name FROM franchise WHERE id = ?", (id.0,)).await? else {
        return Ok(None);
    };
    let mut found = [franchise(&row)?];
    add_stores(db, &mut found, true).await?;
    add_admins(db, &mut found).await?;
    let [franchise] = found;
    Ok(Some(franchise))
}

fn franchise(row: &Row) -> Result<Franchise, Failure> {
    Ok(Franchise {
        id: FranchiseId(get(row, 0)?),
        name: get(row, 1)?,
        admins: Vec::new(),
        stores: Vec::new(),
    })
}

async fn add_stores(
    db: &mut Connection,
    franchises: &mut [Franchise],
    with_revenue: bool,
) -> Result<(), Failure> {
    let sql = "SELECT franchiseId, id, name FROM store WHERE franchiseId IN (IDS) ORDER BY id";
    let rows = many::select(db, sql, &[], &ids(franchises)).await?;
    let mut stores = Vec::with_capacity(rows.len());
    for row in &rows {
        let store = Store { id: StoreId(get(row, 1)?), name: get(row, 2)?, total_revenue: None };
        stores.push((FranchiseId(get(row, 0)?), store));
    }
    if with_revenue {
        let sums = revenue::of(db, &stores.iter().map(|(_, store)| store.id).collect::<Vec<_>>()).await?;
        for (_, store) in &mut stores {
            store.total_revenue = Some(sums.get(&store.id).copied().unwrap_or_default());
        }
    }
    for (franchise, store) in stores {
        of(franchises, franchise, |franchise| franchise.stores.push(store));
    }
    Ok(())
}

async fn add_admins(db: &mut Connection, franchises: &mut [Franchise]) -> Result<(), Failure> {
    let sql = "SELECT DISTINCT userRole.objectId, user.id, user.name, user.email
         FROM userRole JOIN user ON user.id = userRole.userId
         WHERE userRole.objectId IN (IDS) AND userRole.role = 'franchisee' ORDER BY user.id";
    for row in &many::select(db, sql, &[], &ids(franchises)).await? {
        let admin = admin(row, 1)?;
        of(franchises, FranchiseId(get(row, 0)?), |franchise| franchise.admins.push(admin));
    }
    Ok(())
}

fn ids(franchises: &[Franchise]) -> Vec<Value> {
    franchises.iter().map(|franchise| Value::from(franchise.id.0)).collect()
}

/// They are sorted by id.
fn of(franchises: &mut [Franchise], id: FranchiseId, then: impl FnOnce(&mut Franchise)) {
    if let Ok(at) = franchises.binary_search_by_key(&id, |franchise| franchise.id) {
        then(&mut franchises[at]);
    }
}

fn admin(row: &Row, first: usize) -> Result<FranchiseAdmin, Failure> {
    Ok(FranchiseAdmin {
        id: UserId(get(row, first)?),
        name: get(row, first + 1)?,
        email: EmailAddress::from_database(get(row, first + 2)?),
    })
}

pub(super) async fn franchise_of(
    db: &mut Connection,
    store: StoreId,
) -> Result<Option<FranchiseId>, Failure> {
    let row = db.row("SELECT franchiseId FROM store WHERE id = ?", (store.0,)).await?;
    row.map(|row| get(&row, 0).map(FranchiseId)).transpose()
}

pub(super) async fn create_franchise(
    tx: &mut Transaction,
    adoption: &Adoption,
    new: &NewFranchise,
) -> Result<FranchiseCreation, Failure> {
    fits_a_text(&new.name, "name")?;
    let mut admins: Vec<FranchiseAdmin> = Vec::new();
    for email in &new.admins {
        match admin_by_email(tx, adoption, email).await? {
            None => return Ok(FranchiseCreation::UnknownAdmin(email.clone())),
            Some(admin) if admins.iter().any(|known| known.id == admin.id) => {}
            Some(admin) => admins.push(admin),
        }
    }
    if tx.row("SELECT 1 FROM franchise WHERE name = ?", (&new.name,)).await?.is_some() {
        return Ok(FranchiseCreation::NameTaken);
    }
    tx.execute("INSERT INTO franchise (name) VALUES (?)", (&new.name,)).await?;
    let id = FranchiseId(tx.last_insert_id()?);
    let roles: Vec<_> = admins.iter().map(|admin| (admin.id, Role::Franchisee(id))).collect();
    accounts::add_roles(tx, &roles).await?;
    Ok(FranchiseCreation::Created { id, admins })
}

/// Of accounts that share an address, the one that has had it longest, as the historic service does.
async fn admin_by_email(
    tx: &mut Transaction,
    adoption: &Adoption,
    email: &EmailAddress,
) -> Result<Option<FranchiseAdmin>, Failure> {
    let owners = adoption.owners(tx, email.as_str()).await?;
    let Some(&owner) = owners.first() else { return Ok(None) };
    let row = tx.row("SELECT id, name, email FROM user WHERE id = ?", (owner,)).await?;
    row.map(|row| admin(&row, 0)).transpose()
}

pub(super) async fn delete_franchise(tx: &mut Transaction, id: FranchiseId) -> Result<bool, Failure> {
    tx.execute("DELETE FROM store WHERE franchiseId = ?", (id.0,)).await?;
    tx.execute("DELETE FROM userRole WHERE objectId = ? AND role = 'franchisee'", (id.0,)).await?;
    Ok(tx.execute("DELETE FROM franchise WHERE id = ?", (id.0,)).await? == 1)
}

pub(super) async fn create_store(
    tx: &mut Transaction,
    franchise: FranchiseId,
    name: &str,
) -> Result<StoreCreation, Failure> {
    fits_a_text(name, "name")?;
    if tx.row("SELECT 1 FROM franchise WHERE id = ?", (franchise.0,)).await?.is_none() {
        return Ok(StoreCreation::UnknownFranchise);
    }
    tx.execute("INSERT INTO store (franchiseId, name) VALUES (?, ?)", (franchise.0, name)).await?;
    Ok(StoreCreation::Created(StoreId(tx.last_insert_id()?)))
}

pub(super) async fn delete_store(
    tx: &mut Transaction,
    franchise: FranchiseId,
    store: StoreId,
) -> Result<bool, Failure> {
    let gone =
        tx.execute("DELETE FROM store WHERE id = ? AND franchiseId = ?", (store.0, franchise.0)).await?;
    Ok(gone == 1)
}

use std::collections::BTreeMap;

use group_commit::WriteError;
use rusqlite::{Connection, Row, params};
use secrecy::ExposeSecret;

use super::{Ledger, chaos, connections, timestamp};
use crate::profile::Profile;
use crate::secret::Fingerprint;
use crate::vendor_key::VendorKeys;
use crate::vendors::Vendor;

impl Ledger {
    /// Keeps a vendor that registered; on disk when this returns.
    pub(crate) async fn add_vendor(&self, vendor: Vendor) -> Result<(), WriteError> {
        self.writer
            .write(move |connection| {
                let Vendor { id, keys: [key, _], report_token, key_salt, created, .. } = &vendor;
                connection.execute(
                    "INSERT INTO vendor
                     (id, name, key_hash, report_token, is_configured, key_salt, created_ms)
                     VALUES (?, '', ?, ?, 0, ?, ?)",
                    params![id, key.as_bytes(), report_token, key_salt, created.as_millisecond()],
                )?;
                keep_profile(connection, &vendor)
            })
            .await
    }

    /// Keeps what a vendor tells about itself, and whether it is an administrator.
    pub(crate) async fn keep_vendor(&self, vendor: Vendor) -> Result<(), WriteError> {
        self.writer.write(move |connection| keep_profile(connection, &vendor)).await
    }

    /// Forgets a vendor and all that is its.
    pub(crate) async fn forget_vendor(&self, vendor_id: String) -> Result<(), WriteError> {
        self.writer.write(move |connection| forget(connection, &vendor_id)).await
    }
}

/// Another vendor of this id must not find anything of the one before.
pub(super) fn forget(connection: &Connection, vendor_id: &str) -> rusqlite::Result<()> {
    for statement in [
        "DELETE FROM connection WHERE vendor_id = ?1 OR partner_id = ?1",
        "DELETE FROM chaos WHERE vendor_id = ?1",
        "DELETE FROM badge WHERE account = ?1",
        "DELETE FROM pizza WHERE vendor_id = ?1",
        "DELETE FROM vendor WHERE id = ?1",
    ] {
        connection.execute(statement, [vendor_id])?;
    }
    Ok(())
}

/// All vendors, with the keys that `keys` makes for them.
pub(super) fn load(connection: &Connection, keys: &VendorKeys) -> rusqlite::Result<Vec<Vendor>> {
    let mut connections = connections::load(connection)?;
    connection
        .prepare("SELECT * FROM vendor LEFT JOIN chaos ON vendor_id = id")?
        .query_map([], |row| {
            let mut vendor = vendor(row, keys)?;
            vendor.connections = connections.remove(&vendor.id).unwrap_or_default();
            Ok(vendor)
        })?
        .collect()
}

fn vendor(row: &Row<'_>, keys: &VendorKeys) -> rusqlite::Result<Vendor> {
    let key_salt: String = row.get("key_salt")?;
    let own_key = Fingerprint::of(keys.key_of(&key_salt).expose_secret());
    let name: String = row.get("name")?;
    Ok(Vendor {
        id: row.get("id")?,
        profile: Profile {
            name: Some(name).filter(|name| !name.is_empty()),
            git_hub_url: row.get("git_hub_url")?,
            website: row.get("website")?,
            phone: row.get("phone")?,
            email: row.get("email")?,
        },
        created: timestamp(row.get("created_ms")?),
        is_admin: row.get("is_admin")?,
        keys: [own_key, Fingerprint::from_bytes(row.get("key_hash")?)],
        key_salt,
        report_token: row.get("report_token")?,
        connections: BTreeMap::new(),
        window: chaos::window(row)?,
    })
}

fn keep_profile(connection: &Connection, vendor: &Vendor) -> rusqlite::Result<()> {
    let Profile { name, git_hub_url, website, phone, email } = &vendor.profile;
    connection
        .execute(
            "UPDATE vendor
             SET name = coalesce(?, ''), git_hub_url = ?, website = ?, phone = ?, email = ?, is_admin = ?
             WHERE id = ?",
            params![name, git_hub_url, website, phone, email, vendor.is_admin, vendor.id],
        )
        .map(drop)
}

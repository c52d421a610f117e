//! What the configuration says about vendors, made so at each start.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use secrecy::ExposeSecret;

use super::vendors;
use crate::secret::{self, Fingerprint};
use crate::{FactoryConfig, FactoryError, SeedVendor};

pub(super) fn make_known(connection: &mut Connection, config: &FactoryConfig) -> Result<(), FactoryError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for seed in &config.seed_vendors {
        know(&transaction, seed)?;
    }
    for id in &config.admins {
        if transaction.execute("UPDATE vendor SET is_admin = 1 WHERE id = ?", [id])? == 0 {
            return Err(FactoryError::UnknownAdmin(id.clone()));
        }
    }
    Ok(transaction.commit()?)
}

/// A vendor that is known already keeps its report token, so that links in open incidents still
/// work. One that somebody registered makes way, for the configured one may have more rights.
fn know(connection: &Connection, seed: &SeedVendor) -> rusqlite::Result<()> {
    let is_configured: Option<bool> = connection
        .query_row("SELECT is_configured FROM vendor WHERE id = ?", [&seed.id], |row| row.get(0))
        .optional()?;
    if is_configured == Some(false) {
        tracing::warn!(vendor = seed.id, "a configured vendor replaces one that had registered");
        vendors::forget(connection, &seed.id)?;
    }
    let key = Fingerprint::of(seed.api_key.expose_secret());
    connection
        .execute(
            // Whoever changes a key does not want the others of that vendor to go on working.
            "INSERT INTO vendor (id, name, key_hash, report_token, key_salt, created_ms)
             VALUES (?, ?, ?, ?, ?, unixepoch() * 1000)
             ON CONFLICT (id) DO UPDATE SET
                 name = excluded.name,
                 key_salt = iif(key_hash = excluded.key_hash, key_salt, excluded.key_salt),
                 key_hash = excluded.key_hash",
            params![seed.id, seed.name, key.as_bytes(), secret::fresh(), secret::fresh()],
        )
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::Window;
    use crate::ledger::Ledger;
    use crate::profile::Profile;
    use crate::vendor_key::VendorKeys;
    use crate::vendors::Vendor;
    use factory_api::ChaosKind;
    use jiff::Timestamp;
    use std::path::Path;

    fn config(dir: &Path, name: &str, key: &str) -> FactoryConfig {
        let seed = SeedVendor { id: "v".to_owned(), name: name.to_owned(), api_key: key.into() };
        FactoryConfig { seed_vendors: vec![seed], ..FactoryConfig::new(dir) }
    }

    fn open(config: &FactoryConfig) -> Result<(Ledger, Vec<Vendor>), FactoryError> {
        Ledger::open(config, &VendorKeys::load_or_make(&config.data_dir).unwrap())
    }

    #[test]
    fn a_seed_replaces_name_and_keys_but_not_the_report_token() {
        let dir = tempfile::tempdir().unwrap();
        let (_, old) = open(&config(dir.path(), "Old", "old-key")).unwrap();
        let (_, same) = open(&config(dir.path(), "Old", "old-key")).unwrap();
        let (_, new) = open(&config(dir.path(), "New", "new-key")).unwrap();
        assert_eq!(new.len(), 1);
        assert_eq!(new[0].profile.name.as_deref(), Some("New"));
        assert!(new[0].keys[1] == Fingerprint::of("new-key"));
        assert!(same[0].keys == old[0].keys);
        assert!(new[0].keys[0] != old[0].keys[0]);
        assert_eq!(new[0].report_token, old[0].report_token);
    }

    #[test]
    fn two_vendors_cannot_have_one_key() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = config(dir.path(), "One", "key");
        config.seed_vendors.push(SeedVendor { id: "w".to_owned(), ..config.seed_vendors[0].clone() });
        let error = open(&config).err().unwrap();
        assert!(matches!(error, FactoryError::Ledger(_)));
    }

    #[test]
    fn an_administrator_must_be_a_vendor() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = config(dir.path(), "V", "key");
        config.admins = vec!["v".to_owned()];
        assert!(open(&config).unwrap().1[0].is_admin);
        config.admins = vec!["w".to_owned()];
        assert!(matches!(open(&config), Err(FactoryError::UnknownAdmin(id)) if id == "w"));
    }

    #[tokio::test]
    async fn who_registered_the_id_of_a_configured_vendor_has_nothing_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, _) = open(&FactoryConfig::new(dir.path())).unwrap();
        let key = Fingerprint::of("squatter");
        let email = Some("squatter@v.test".to_owned());
        let squatter = Vendor {
            id: "v".to_owned(),
            profile: Profile { email, ..Profile::default() },
            created: Timestamp::now(),
            is_admin: false,
            keys: [key, key],
            key_salt: "salt".to_owned(),
            report_token: "token".to_owned(),
            connections: [].into(),
            window: None,
        };
        ledger.add_vendor(squatter).await.unwrap();
        drop(ledger);
        let (_, vendors) = open(&config(dir.path(), "V", "key")).unwrap();
        assert_eq!(vendors.len(), 1);
        assert!(!vendors[0].keys.contains(&key));
        assert_eq!(vendors[0].profile.email, None);
        assert_ne!((&*vendors[0].key_salt, &*vendors[0].report_token), ("salt", "token"));
    }

    #[tokio::test]
    async fn no_key_is_on_disk_and_only_the_owner_can_read_what_is() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (ledger, vendors) = open(&config(dir.path(), "V", "very-secret-key")).unwrap();
        let keys = VendorKeys::load_or_make(dir.path()).unwrap();
        let own_key = keys.key_of(&vendors[0].key_salt);
        let window = Window::plan(ChaosKind::Fail, None, Timestamp::now()).unwrap();
        ledger.keep_chaos("v".to_owned(), Some(window)).await.unwrap();
        for file in std::fs::read_dir(dir.path()).unwrap() {
            let file = file.unwrap();
            let bytes = std::fs::read(file.path()).unwrap();
            for key in ["very-secret-key", own_key.expose_secret()] {
                assert!(!bytes.windows(key.len()).any(|bytes| bytes == key.as_bytes()));
            }
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{:?}", file.path());
        }
    }
}

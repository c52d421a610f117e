//! What the ledger's tables look like, and how those of earlier versions become so.

use rusqlite::{Connection, TransactionBehavior};

/// Each brings the ledger from the version that is its index to the next.
const MIGRATIONS: [&str; 2] = [
    "
    CREATE TABLE vendor (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        key_hash BLOB NOT NULL UNIQUE,
        report_token TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE chaos (
        vendor_id TEXT PRIMARY KEY REFERENCES vendor (id),
        kind TEXT NOT NULL,
        start_ms INTEGER NOT NULL,
        end_ms INTEGER NOT NULL,
        probability REAL NOT NULL,
        delay_seconds INTEGER NOT NULL,
        period_seconds INTEGER NOT NULL,
        fix_code TEXT NOT NULL
    ) STRICT;
    CREATE TABLE pizza (
        vendor_id TEXT NOT NULL,
        idempotency_key TEXT NOT NULL,
        request_hash BLOB NOT NULL,
        jwt TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        PRIMARY KEY (vendor_id, idempotency_key)
    ) STRICT;
    CREATE INDEX pizza_made_at ON pizza (made_at);
    ",
    // Until now all vendors came from the configuration. An empty name stands for none.
    "
    ALTER TABLE vendor ADD COLUMN is_configured INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE vendor ADD COLUMN is_admin INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE vendor ADD COLUMN key_salt TEXT NOT NULL DEFAULT '';
    ALTER TABLE vendor ADD COLUMN created_ms INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE vendor ADD COLUMN git_hub_url TEXT;
    ALTER TABLE vendor ADD COLUMN website TEXT;
    ALTER TABLE vendor ADD COLUMN phone TEXT;
    ALTER TABLE vendor ADD COLUMN email TEXT;
    UPDATE vendor SET key_salt = lower(hex(randomblob(16))), created_ms = unixepoch() * 1000;
    CREATE UNIQUE INDEX vendor_key_salt ON vendor (key_salt);
    CREATE TABLE connection (
        vendor_id TEXT NOT NULL REFERENCES vendor (id),
        purpose TEXT NOT NULL,
        partner_id TEXT REFERENCES vendor (id),
        created_ms INTEGER NOT NULL,
        rating INTEGER,
        PRIMARY KEY (vendor_id, purpose)
    ) STRICT;
    CREATE INDEX connection_partner ON connection (partner_id);
    CREATE TABLE badge (
        account TEXT NOT NULL REFERENCES vendor (id),
        name TEXT NOT NULL,
        label TEXT NOT NULL,
        value TEXT NOT NULL,
        color TEXT NOT NULL,
        PRIMARY KEY (account, name)
    ) STRICT;
    ",
];

/// Brings the ledger up to date, all of it or not at all.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for (from, migration) in (0_i64..).zip(MIGRATIONS).skip_while(|(from, _)| *from < version) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", from + 1)?;
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_of_the_first_version_keeps_its_vendors_and_gets_them_salts() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection
            .execute_batch(
                "PRAGMA user_version = 1;
                 INSERT INTO vendor VALUES ('a', 'A', x'01', 't'), ('b', 'B', x'02', 'u');",
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        let (vendors, salts, configured): (i64, i64, i64) = connection
            .query_row(
                "SELECT count(*), count(DISTINCT key_salt), sum(is_configured) FROM vendor
                 WHERE length(key_salt) = 32 AND created_ms > 0",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .unwrap();
        assert_eq!((vendors, salts, configured), (2, 2, 2));
    }
}

//! Brings a database to the schema this program knows: forward only, and never a change to a historic table.
//!
//! MySQL commits each DDL statement by itself, and a lock of one cluster node is none on the others. So each statement
//! does nothing where it was done before, and several instances may run them at once.

use super::{connection::Connection, failure::Failure};

/// Never edited once released; a change is a new file at the end.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_historic.sql"),
    include_str!("migrations/0002_fulfilment.sql"),
    include_str!("migrations/0003_operations.sql"),
];

/// The schema version this program knows.
const KNOWN: usize = MIGRATIONS.len();

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS migration (
    version INT NOT NULL PRIMARY KEY,
    at      DATETIME(3) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4";

/// How long one instance waits for another that migrates the same database.
const WAIT_SECONDS: u32 = 60;

/// Safe when several instances start at once: the second finds done what the first did.
pub(super) async fn migrate(db: &mut Connection) -> Result<(), Failure> {
    if version(db).await? == Some(KNOWN) {
        return Ok(());
    }
    // Only to save work: where it does not hold, the statements may run beside each other.
    let lock = "CONCAT('pizza.migration.', MD5(DATABASE()))";
    db.command(&format!("SELECT GET_LOCK({lock}, {WAIT_SECONDS})")).await?;
    let migrated = migrate_from(db).await;
    db.command(&format!("SELECT RELEASE_LOCK({lock})")).await?;
    migrated
}

async fn migrate_from(db: &mut Connection) -> Result<(), Failure> {
    db.command(VERSIONS).await?;
    let found = version(db).await?.unwrap_or(0);
    let Some(missing) = MIGRATIONS.get(found..) else {
        return Err(Failure::Unreadable(format!(
            "the database has schema version {found}, made by a later program; this one knows {KNOWN}"
        )));
    };
    for (migration, version) in missing.iter().zip(found + 1..) {
        for statement in statements(migration) {
            db.command(statement).await?;
        }
        db.execute("INSERT IGNORE INTO migration (version, at) VALUES (?, NOW(3))", (version,)).await?;
    }
    Ok(())
}

/// `None`: not even the table that says so exists.
async fn version(db: &mut Connection) -> Result<Option<usize>, Failure> {
    let ours = "SELECT COUNT(*) FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'migration'";
    if number(db, ours).await? == 0 {
        return Ok(None);
    }
    number(db, "SELECT COALESCE(MAX(version), 0) FROM migration").await.map(Some)
}

async fn number(db: &mut Connection, sql: &str) -> Result<usize, Failure> {
    let rows = db.command(sql).await?;
    let number: Option<i64> = rows.first().and_then(|row| row.get_opt(0)).and_then(Result::ok);
    let number = number.and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| Failure::Unreadable("the schema version is not a number".into()))
}

/// The statements of a file: each ends a line with a semicolon.
fn statements(migration: &str) -> impl Iterator<Item = &str> {
    migration.split_inclusive(";\n").filter(|statement| statement.contains(';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_does_nothing_where_it_was_done_before() {
        let all: Vec<_> = MIGRATIONS.iter().flat_map(|migration| statements(migration)).collect();
        assert_eq!(all.len(), 8 + 12 + 10);
        for statement in all {
            let words = statement.lines().filter(|line| !line.trim_start().starts_with("--"));
            let words = words.collect::<Vec<_>>().join(" ");
            assert!(words.trim_start().starts_with("CREATE TABLE IF NOT EXISTS"), "{statement}");
        }
    }
}

//! A history that nobody has the time to order: written into a seeded file as the store would have written it.

use anyhow::Context;
use rusqlite::{Connection, params};
use std::path::Path;

/// What there is to write. Order ids count from 1, and so do diners and franchises, who take turns.
pub struct History {
    /// Orders, of two pizzas each.
    pub orders: i64,
    /// The last so many of them wait, due now; the others are fulfilled.
    pub queued: i64,
    /// Diners who ordered in turns, all signed in.
    pub diners: i64,
    /// Franchises that were ordered from in turns, each with a store.
    pub franchises: i64,
}

impl History {
    /// Writes it. The pizzas are shorter than real ones.
    pub fn write(&self, database: &Path) -> anyhow::Result<()> {
        self.fill(database)
            .context("the history does not fit the store's schema any more: change it with the migrations")
    }

    fn fill(&self, database: &Path) -> rusqlite::Result<()> {
        let db = Connection::open(database)?;
        // Whoever pulls the plug meanwhile makes a new one.
        db.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;
             PRAGMA temp_store = MEMORY; BEGIN EXCLUSIVE",
        )?;
        let index = "diner_order_history";
        let sql: String =
            db.query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [index], |row| row.get(0))?;
        // Built at the end, it is sorted once.
        db.execute_batch(&format!("DROP INDEX {index}"))?;
        self.write_people(&db)?;
        self.write_orders(&db)?;
        self.write_fulfilments(&db)?;
        db.execute_batch(&sql)?;
        db.execute_batch("COMMIT; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    }

    /// Those that the seed does not have.
    fn write_people(&self, db: &Connection) -> rusqlite::Result<()> {
        let numbers = "WITH RECURSIVE number (n) AS (
             SELECT (SELECT max(id) FROM user) + 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)";
        for insert in [
            "INSERT INTO user (id, name, email, email_key, password_hash)
             SELECT n, 'diner', 'h' || n || '@jwt.com', 'h' || n || '@jwt.com', 'none' FROM number WHERE n <= ?1",
            "INSERT INTO user_role (user_id, role, object_id) SELECT id, 'diner', 0 FROM user
             WHERE id NOT IN (SELECT user_id FROM user_role) AND ?1 > 0",
            "INSERT INTO auth (token, user_id, expires_at)
             SELECT hex(randomblob(43)), id, 4000000000000 FROM user WHERE password_hash = 'none' AND ?1 > 0",
        ] {
            db.execute(&format!("{numbers} {insert}"), [self.diners])?;
        }
        let numbers =
            "WITH RECURSIVE number (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)";
        for insert in [
            "INSERT INTO franchise (id, name) SELECT n, 'franchise ' || n FROM number WHERE n <= ?1",
            "INSERT INTO store (id, franchise_id, name) SELECT n, n, 'store ' || n FROM number WHERE n <= ?1",
        ] {
            db.execute(&format!("{numbers} {insert}"), [self.franchises])?;
        }
        Ok(())
    }

    fn write_orders(&self, db: &Connection) -> rusqlite::Result<()> {
        let first_at = jiff::Timestamp::now().as_millisecond() - self.orders;
        db.execute(
            "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)
             INSERT INTO diner_order (id, diner_id, franchise_id, store_id, date)
             SELECT n, n % ?3 + 1, n % ?4 + 1, n % ?4 + 1, ?2 + n FROM number",
            params![self.orders, first_at, self.diners, self.franchises],
        )?;
        db.execute(
            "INSERT INTO order_item (order_id, number, menu_id, description, price)
             SELECT id, item.column1, item.column1 + 1, 'Veggie', 380000
             FROM diner_order CROSS JOIN (VALUES (0), (1)) AS item",
            [],
        )?;
        Ok(())
    }

    fn write_fulfilments(&self, db: &Connection) -> rusqlite::Result<()> {
        let fulfilled = self.orders - self.queued;
        db.execute(
            "INSERT INTO fulfilment (order_id, state, version, franchise_id, queued_at, due_at, attempts, strikes,
                 fulfilled_at, diner_name, diner_email)
             SELECT id, iif(id <= ?1, 'fulfilled', 'queued'), iif(id <= ?1, 2, 1), franchise_id, date, date,
                 id <= ?1, 0, iif(id <= ?1, date + 5, NULL), 'diner', 'd@jwt.com'
             FROM diner_order",
            [fulfilled],
        )?;
        db.execute(
            "INSERT INTO order_event (order_id, number, state, at)
             SELECT id, event.column1, iif(event.column1 = 1, 'making', 'fulfilled'), date + 5
             FROM diner_order CROSS JOIN (VALUES (1), (2)) AS event WHERE id <= ?1",
            [fulfilled],
        )?;
        db.execute(
            "INSERT INTO pizza (order_id, jwt) SELECT id, hex(randomblob(50)) FROM diner_order WHERE id <= ?1",
            [fulfilled],
        )?;
        Ok(())
    }
}

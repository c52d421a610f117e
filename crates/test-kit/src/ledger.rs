//! The factory's own book: no call of its API tells, and the caller of a pizza may be gone before the answer.

use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Every pizza that a factory with this data folder has made: the tokens, each made once.
///
/// # Errors
/// When the ledger cannot be read.
pub fn pizzas_in_ledger(data: &Path) -> anyhow::Result<Vec<String>> {
    let ledger = Connection::open_with_flags(data.join("factory.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut pizzas = ledger.prepare("SELECT jwt FROM pizza")?;
    let pizzas = pizzas.query_map([], |row| row.get(0))?;
    Ok(pizzas.collect::<Result<_, _>>()?)
}

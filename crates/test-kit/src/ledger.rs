//! What the programs themselves have written down: no call of an API tells, and who would be asked may be gone.

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

/// How many orders a service that was killed had in hand, by its database.
///
/// # Errors
/// When the database cannot be read.
pub(crate) fn orders_in_the_making(database: &Path) -> anyhow::Result<usize> {
    let database = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let making = "SELECT count(*) FROM fulfilment WHERE state = 'making'";
    let making: u32 = database.query_row(making, [], |row| row.get(0))?;
    Ok(usize::try_from(making)?)
}

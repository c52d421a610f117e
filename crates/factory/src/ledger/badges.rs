use group_commit::WriteError;
use rusqlite::{OptionalExtension, params};

use super::Ledger;

/// A label and a value on a coloured ground.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Badge {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) color: String,
}

impl Ledger {
    /// Keeps a badge in place of an earlier one of its name; `false` when the account has `most`
    /// others already.
    pub(crate) async fn keep_badge(
        &self,
        account: String,
        name: String,
        badge: Badge,
        most: i64,
    ) -> Result<bool, WriteError> {
        self.writer
            .write(move |connection| {
                let others: i64 = connection.query_row(
                    "SELECT count(*) FROM badge WHERE account = ? AND name <> ?",
                    [&account, &name],
                    |row| row.get(0),
                )?;
                if others >= most {
                    return Ok(false);
                }
                let Badge { label, value, color } = &badge;
                connection.execute(
                    "INSERT OR REPLACE INTO badge (account, name, label, value, color)
                     VALUES (?, ?, ?, ?, ?)",
                    params![account, name, label, value, color],
                )?;
                Ok(true)
            })
            .await
    }

    /// The badge of this name, if there is one.
    pub(crate) fn find_badge(&self, account: &str, name: &str) -> rusqlite::Result<Option<Badge>> {
        self.reader()
            .prepare_cached("SELECT label, value, color FROM badge WHERE account = ? AND name = ?")?
            .query_row([account, name], |row| {
                Ok(Badge { label: row.get(0)?, value: row.get(1)?, color: row.get(2)? })
            })
            .optional()
    }
}

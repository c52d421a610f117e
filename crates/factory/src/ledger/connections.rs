use std::collections::{BTreeMap, HashMap};

use group_commit::WriteError;
use rusqlite::params;

use super::{Ledger, timestamp};
use crate::vendors::Connection;

/// A vendor's id, the purpose, and the connection.
pub(crate) type OneEnd = (String, String, Connection);

impl Ledger {
    /// Keeps connections as they are now: both ends of a pair, or neither.
    pub(crate) async fn keep_connections(&self, ends: Vec<OneEnd>) -> Result<(), WriteError> {
        self.writer
            .write(move |connection| {
                for (vendor_id, purpose, Connection { partner, created, rating }) in &ends {
                    connection.execute(
                        "INSERT OR REPLACE INTO connection
                         (vendor_id, purpose, partner_id, created_ms, rating) VALUES (?, ?, ?, ?, ?)",
                        params![vendor_id, purpose, partner, created.as_millisecond(), rating],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// Forgets a vendor's connections, those for one purpose or all, with their other ends.
    pub(crate) async fn forget_connections(
        &self,
        vendor_id: String,
        purpose: Option<String>,
    ) -> Result<(), WriteError> {
        self.writer
            .write(move |connection| {
                connection
                    .execute(
                        "DELETE FROM connection
                         WHERE (vendor_id = ?1 OR partner_id = ?1) AND purpose = coalesce(?2, purpose)",
                        params![vendor_id, purpose],
                    )
                    .map(drop)
            })
            .await
    }
}

/// Each vendor's connections by purpose.
pub(super) fn load(
    connection: &rusqlite::Connection,
) -> rusqlite::Result<HashMap<String, BTreeMap<String, Connection>>> {
    let mut all: HashMap<String, BTreeMap<String, Connection>> = HashMap::new();
    let mut statement = connection.prepare("SELECT * FROM connection")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let end = Connection {
            partner: row.get("partner_id")?,
            created: timestamp(row.get("created_ms")?),
            rating: row.get("rating")?,
        };
        all.entry(row.get("vendor_id")?).or_default().insert(row.get("purpose")?, end);
    }
    Ok(all)
}

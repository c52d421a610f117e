use std::sync::Arc;
use std::time::Duration;

use group_commit::WriteError;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::Ledger;
use crate::factory::Factory;
use crate::pizza::GOOD_FOR;
use crate::secret::Fingerprint;

const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);
/// So few at a time that no order waits long behind a pruning.
const PRUNE_BATCH: i64 = 1_000;

/// A pizza that was made under an idempotency key, and what was asked for.
pub(crate) struct KeptPizza {
    pub(crate) request: Fingerprint,
    pub(crate) jwt: String,
}

impl Ledger {
    /// The pizza made under this key, unless it is no longer good.
    pub(crate) fn find_pizza(
        &self,
        vendor_id: &str,
        idempotency_key: &str,
        now: Timestamp,
    ) -> rusqlite::Result<Option<KeptPizza>> {
        self.reader()
            .prepare_cached(
                "SELECT request_hash, jwt FROM pizza
                 WHERE vendor_id = ? AND idempotency_key = ? AND made_at > ?",
            )?
            .query_row(params![vendor_id, idempotency_key, no_longer_good(now)], |row| {
                Ok(KeptPizza { request: Fingerprint::from_bytes(row.get(0)?), jwt: row.get(1)? })
            })
            .optional()
    }

    /// Keeps a pizza under its key; on disk when this returns.
    pub(crate) async fn keep_pizza(
        &self,
        vendor_id: String,
        idempotency_key: String,
        pizza: KeptPizza,
        now: Timestamp,
    ) -> Result<(), WriteError> {
        self.writer
            .write(move |connection| {
                connection
                    .prepare_cached(
                        "INSERT OR REPLACE INTO pizza
                         (vendor_id, idempotency_key, request_hash, jwt, made_at)
                         VALUES (?, ?, ?, ?, ?)",
                    )?
                    .execute(params![
                        vendor_id,
                        idempotency_key,
                        pizza.request.as_bytes(),
                        pizza.jwt,
                        now.as_second()
                    ])
                    .map(drop)
            })
            .await
    }

    /// Forgets some of the pizzas that are no longer good; how many.
    async fn prune(&self, now: Timestamp) -> Result<usize, WriteError> {
        self.writer
            .write(move |connection| {
                connection.execute(
                    "DELETE FROM pizza WHERE rowid IN
                     (SELECT rowid FROM pizza WHERE made_at <= ? LIMIT ?)",
                    params![no_longer_good(now), PRUNE_BATCH],
                )
            })
            .await
    }
}

/// Forgets pizzas that are no longer good, for ever.
pub(crate) async fn prune_hourly(factory: Arc<Factory>) {
    loop {
        match factory.ledger.prune(Timestamp::now()).await {
            Ok(0) => tokio::time::sleep(PRUNE_EVERY).await,
            Ok(pruned) => tracing::debug!(pruned, "forgot pizzas that are no longer good"),
            Err(error) => {
                tracing::warn!(%error, "old pizzas could not be forgotten");
                tokio::time::sleep(PRUNE_EVERY).await;
            }
        }
    }
}

/// A key lives as long as its pizza: a later order under it must not get an expired one.
fn no_longer_good(now: Timestamp) -> i64 {
    now.as_second() - GOOD_FOR
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FactoryConfig;
    use crate::vendor_key::VendorKeys;
    use jiff::SignedDuration;

    fn pizza() -> KeptPizza {
        KeptPizza { request: Fingerprint::of("order"), jwt: "a.b.c".to_owned() }
    }

    #[tokio::test]
    async fn a_key_is_kept_for_a_day_and_then_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let keys = VendorKeys::load_or_make(dir.path()).unwrap();
        let (ledger, _) = Ledger::open(&FactoryConfig::new(dir.path()), &keys).unwrap();
        let made = Timestamp::now();
        let key = || ("v".to_owned(), "k".to_owned());
        ledger.keep_pizza(key().0, key().1, pizza(), made).await.unwrap();
        let later = |seconds| made + SignedDuration::from_secs(seconds);
        let found = |now| ledger.find_pizza("v", "k", now).unwrap().is_some();

        assert!(found(later(GOOD_FOR - 1)));
        assert_eq!(ledger.prune(later(GOOD_FOR - 1)).await.unwrap(), 0);
        assert!(!found(later(GOOD_FOR)));
        assert!(found(made));
        assert_eq!(ledger.prune(later(GOOD_FOR)).await.unwrap(), 1);
        assert!(!found(made));
    }
}

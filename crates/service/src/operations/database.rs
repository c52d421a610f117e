//! The database when it fails, or is away: whoever has to be woken is not kept waiting for it.

use std::time::Duration;
use store::StoreError;

/// So long a database that is locked, or away, may hold up those who have to be told.
const PATIENCE: Duration = Duration::from_secs(3);

/// Says in the log what is not written down, or not known.
pub(super) fn failed(error: &StoreError, what: &str) {
    tracing::error!("type" = "db", component = "operations", ?error, "{what}");
}

/// Waits for the database as long as whoever has to be woken can wait. `None`: it has not answered.
pub(super) async fn in_time<T>(asked: impl Future<Output = T>) -> Option<T> {
    let answered = tokio::time::timeout(PATIENCE, asked).await;
    if answered.is_err() {
        tracing::error!("type" = "db", component = "operations", "the database does not answer");
    }
    answered.ok()
}

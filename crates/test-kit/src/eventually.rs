//! Waiting for what must come, without knowing when.

use std::time::{Duration, Instant};

/// Far longer than anything takes on the slowest machine: it only ends what would never end.
const DEADLINE: Duration = Duration::from_secs(40);
const LOOK_EVERY: Duration = Duration::from_millis(15);

/// Looks again and again until there is something, and gives it.
///
/// # Panics
/// When there is nothing for a very long time; `what` says what was waited for.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < DEADLINE, "it never came about that {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

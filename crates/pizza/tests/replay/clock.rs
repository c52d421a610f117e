//! Times: how much faster the day goes, how far apart two times are, and how long something is waited for.

use jiff::{SignedDuration, Timestamp};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How many times faster than on 2 December. Whole evaluations and scrapes stay longer than anything takes on a machine
/// that is busy.
pub const SPEED: u32 = 15;
/// Of the rules.
pub const EVALUATION: Duration = Duration::from_millis(30_000 / SPEED as u64);
/// Of the metrics.
pub const SCRAPE: Duration = Duration::from_millis(15_000 / SPEED as u64);

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// So many minutes of 2 December, at the replay's speed.
pub fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes) / SPEED
}

/// A duration as the configuration reads it.
pub fn text(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}

/// How far apart they are, whichever is earlier.
pub fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.duration_since(other).unsigned_abs()
}

/// From the earlier to the later, in seconds.
pub fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// A time so much later.
pub fn after(time: Timestamp, later: Duration) -> Timestamp {
    time + SignedDuration::try_from(later).unwrap()
}

/// A time so much earlier.
pub fn before(time: Timestamp, earlier: Duration) -> Timestamp {
    time - SignedDuration::try_from(earlier).unwrap()
}

/// Looks again and again until there is something, and gives it; it must come within `patience`.
pub async fn within<T>(patience: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < patience, "within {patience:?} it did not come about that {what}");
        sleep(LOOK_EVERY).await;
    }
}

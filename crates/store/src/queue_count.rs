//! How often the queue is counted. Counting walks through an index of all that waits, and it is asked for every second,
//! by every instance: a backlog of a million would keep a tenth of a core busy with being counted.

use crate::QueueStats;
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// So many orders are counted whenever somebody asks: it takes a millisecond.
const COUNTED_AT_ONCE: u64 = 10_000;
/// For each [`COUNTED_AT_ONCE`] more a count is believed for so long: a second at a hundred thousand, ten at a million.
const BELIEVED_FOR: Duration = Duration::from_millis(100);

/// The last count, while it is believed.
#[derive(Default)]
pub(crate) struct QueueCount(Mutex<Option<(Instant, QueueStats)>>);

impl QueueCount {
    /// The last count, if it need not be repeated yet. Its clock goes on.
    pub(crate) fn believed(&self) -> Option<QueueStats> {
        let (at, stats) = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        let age = at.elapsed();
        (age < believed_for(&stats)).then(|| QueueStats { now: stats.now + age, ..stats })
    }

    /// Keeps what was counted just now, and answers it.
    pub(crate) fn keep(&self, stats: QueueStats) -> QueueStats {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), stats));
        stats
    }
}

fn believed_for(stats: &QueueStats) -> Duration {
    let counted = stats.queued.saturating_add(stats.making).saturating_add(stats.quarantined);
    BELIEVED_FOR * u32::try_from(counted / COUNTED_AT_ONCE).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(queued: u64) -> QueueCount {
        let count = QueueCount::default();
        count.keep(QueueStats { queued, ..QueueStats::default() });
        count
    }

    #[test]
    fn a_short_queue_is_counted_whenever_somebody_asks() {
        assert_eq!(counted(0).believed(), None);
        assert_eq!(counted(COUNTED_AT_ONCE - 1).believed(), None);
        assert_eq!(QueueCount::default().believed(), None);
    }

    #[test]
    fn a_long_queue_is_counted_the_less_often_the_longer_it_is() {
        let of = |queued| believed_for(&QueueStats { queued, ..QueueStats::default() });
        assert_eq!(of(100_000), Duration::from_secs(1));
        assert_eq!(of(1_000_000), Duration::from_secs(10));
        let believed = counted(10_000_000).believed().expect("it was counted just now");
        assert_eq!(believed.queued, 10_000_000);
        assert!(believed.now >= QueueStats::default().now);
    }

    #[test]
    fn no_queue_is_too_long_to_be_counted_again() {
        assert!(believed_for(&QueueStats { queued: u64::MAX / 2, ..QueueStats::default() }) > Duration::ZERO);
    }
}

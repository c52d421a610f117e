//! A sliding window of counts, aged a tenth at a time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

const BUCKETS: usize = 10;

/// `KINDS` counters over the last `length`: what was counted stays for more than nine tenths of it and at most all of
/// it. Constant memory, whatever the rate.
pub(crate) struct Window<const KINDS: usize> {
    bucket_length: Duration,
    current_ends: Instant,
    current: [u64; KINDS],
    /// The sum of `older`, which is not looked at between one bucket and the next: a call touches little memory.
    past: [u64; KINDS],
    /// The buckets before the current one, the oldest first.
    older: VecDeque<[u64; KINDS]>,
}

impl<const KINDS: usize> Window<KINDS> {
    pub(crate) fn new(length: Duration, now: Instant) -> Self {
        let bucket_length = (length / BUCKETS as u32).max(Duration::from_nanos(1));
        Self {
            bucket_length,
            current_ends: later(now, bucket_length),
            current: [0; KINDS],
            past: [0; KINDS],
            older: VecDeque::from([[0; KINDS]; BUCKETS - 1]),
        }
    }

    /// Forgets what is older than the window. A `now` before the current bucket changes nothing.
    #[inline]
    pub(crate) fn advance(&mut self, now: Instant) {
        if now >= self.current_ends {
            self.rotate(now);
        }
    }

    /// Counts one of `kind`, as of the last [`advance`](Self::advance).
    #[inline]
    pub(crate) fn count(&mut self, kind: usize) {
        self.current[kind] += 1;
    }

    pub(crate) fn total(&self, kind: usize) -> u64 {
        self.current[kind] + self.past[kind]
    }

    /// When the next bucket begins, and the oldest one is forgotten.
    pub(crate) fn next_ageing(&self) -> Instant {
        self.current_ends
    }

    #[cold]
    fn rotate(&mut self, now: Instant) {
        let overdue = now.saturating_duration_since(self.current_ends).as_nanos();
        let behind = overdue / self.bucket_length.as_nanos();
        let into_bucket = Duration::from_nanos((overdue % self.bucket_length.as_nanos()) as u64);

        for _ in 0..(behind + 1).min(BUCKETS as u128) {
            self.older.push_back(std::mem::replace(&mut self.current, [0; KINDS]));
            self.older.pop_front();
        }
        self.past = std::array::from_fn(|kind| self.older.iter().map(|bucket| bucket[kind]).sum());
        self.current_ends = later(now, self.bucket_length - into_bucket);
    }
}

/// `from + by`, or `from` itself beyond the end of time: an absurd duration must not panic.
pub(crate) fn later(from: Instant, by: Duration) -> Instant {
    from.checked_add(by).unwrap_or(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_secs(10);

    #[test]
    fn a_count_stays_for_nine_tenths_of_the_window_and_is_gone_after_all_of_it() {
        let start = Instant::now();
        for counted_at in [0, 1, 999] {
            let counted_at = start + Duration::from_millis(counted_at);
            let mut window = Window::<2>::new(LENGTH, start);
            window.advance(counted_at);
            window.count(1);
            window.advance(counted_at + LENGTH * 9 / 10);
            assert_eq!((window.total(0), window.total(1)), (0, 1));
            window.advance(counted_at + LENGTH);
            assert_eq!(window.total(1), 0);
        }
    }

    #[test]
    fn buckets_keep_their_beat_however_irregularly_time_is_told() {
        let start = Instant::now();
        let mut window = Window::<1>::new(LENGTH, start);
        for millis in [10, 1500, 7300, 7300, 25_999, 26_000] {
            window.advance(start + Duration::from_millis(millis));
            let next = start + Duration::from_secs(millis / 1000 + 1);
            assert_eq!(window.next_ageing(), next, "at {millis} ms");
        }
    }

    #[test]
    fn earlier_times_change_nothing() {
        let start = Instant::now();
        let mut window = Window::<1>::new(LENGTH, start);
        window.advance(start + LENGTH * 5);
        window.count(0);
        window.advance(start);
        assert_eq!((window.total(0), window.next_ageing()), (1, start + LENGTH * 5 + LENGTH / 10));
    }
}

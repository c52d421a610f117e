//! The database's clock: SQLite has none of its own, so it is the process's, and can be handed in.

use jiff::Timestamp;
use std::{fmt, sync::Arc, time::Duration};

/// What time it is for the database. Kept and compared in whole milliseconds.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that asks `now`: for tests and simulations.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The operating system's wall clock.
    pub fn system() -> Self {
        Self::new(Timestamp::now)
    }

    pub(crate) fn timestamp(&self) -> Timestamp {
        (self.0)()
    }

    pub(super) fn now(&self) -> Millis {
        Millis::from(self.timestamp())
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").finish_non_exhaustive()
    }
}

/// A time as the database keeps it: milliseconds since the epoch, always one that a `Timestamp` can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Millis(pub(super) i64);

impl Millis {
    /// The time after a while; the end of time if that is later than a `Timestamp` can be.
    pub(super) fn after(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis).min(Timestamp::MAX.as_millisecond()))
    }

    /// The time a while ago.
    pub(super) fn before(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis).max(Timestamp::MIN.as_millisecond()))
    }
}

impl From<Timestamp> for Millis {
    fn from(time: Timestamp) -> Self {
        Self(time.as_millisecond())
    }
}

impl From<Millis> for Timestamp {
    fn from(Millis(millis): Millis) -> Self {
        // Out of range only if somebody wrote nonsense into the file by hand.
        Self::from_millisecond(millis).unwrap_or(if millis < 0 { Self::MIN } else { Self::MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_while_never_leaves_the_range_of_timestamps() {
        let now = Millis::from(Timestamp::UNIX_EPOCH);
        assert_eq!(now.after(Duration::from_secs(1)), Millis(1000));
        assert_eq!(Timestamp::from(now.after(Duration::MAX)).as_second(), Timestamp::MAX.as_second());
        assert_eq!(now.before(Duration::from_secs(1)), Millis(-1000));
        assert_eq!(Timestamp::from(now.before(Duration::MAX)).as_second(), Timestamp::MIN.as_second());
    }

    #[test]
    fn times_are_whole_milliseconds() {
        let time = Timestamp::new(5, 123_456_789).expect("in range");
        assert_eq!(Timestamp::from(Millis::from(time)).as_millisecond(), 5123);
    }
}

//! The clock of a drill: seconds since it began, on the monotonic clock and on the one that people read.

use jiff::Timestamp;
use tokio::time::Instant;

/// When it began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Journal {
    pub began: Instant,
    pub wall: Timestamp,
}

impl Journal {
    pub fn open() -> Self {
        Self { began: Instant::now(), wall: Timestamp::now() }
    }

    pub fn now(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// A time that somebody else's clock showed: on this machine it is the same clock.
    pub fn at(&self, time: Timestamp) -> f64 {
        time.duration_since(self.wall).as_secs_f64()
    }

    /// A time as JSON has it.
    pub fn read(&self, time: &serde_json::Value) -> Option<f64> {
        Some(self.at(time.as_str()?.parse().ok()?))
    }
}

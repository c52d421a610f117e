//! What a circuit tells about itself.

use std::time::{Duration, Instant};

/// The circuit's state, in the textbook sense: closed lets calls through, open does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Calls go through and their results are watched.
    Closed,
    /// Every call is refused.
    Open,
    /// A few probes go through; what becomes of them decides.
    HalfOpen,
}

/// Who decides: the results, or a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Results decide.
    Automatic,
    /// Every call is refused until the mode changes.
    ForcedOpen,
    /// Every call goes through, whatever the results.
    ForcedClosed,
}

/// Why a circuit opened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OpenReason {
    /// This many calls failed in a row.
    ConsecutiveFailures(u32),
    /// So many of the window's calls failed.
    FailureRate {
        /// Failed calls in the window.
        failures: u64,
        /// All calls in the window that ended as success or failure.
        calls: u64,
    },
    /// A probe of the half-open circuit failed.
    ProbeFailed,
}

/// One transition. Every transition is exactly one event; all of them carry the generation that holds after it and
/// the time at which it happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Closed or half-open → open. Ends a degradation, if there was one.
    Opened {
        /// The generation that begins.
        generation: u64,
        /// When.
        at: Instant,
        /// Why.
        reason: OpenReason,
        /// How long until half-open is due, jitter and `Retry-After` included.
        open_for: Duration,
    },
    /// Open → half-open: probes may go.
    HalfOpened {
        /// The generation that begins.
        generation: u64,
        /// When.
        at: Instant,
    },
    /// Half-open → closed: all probes succeeded, or the first ones did and nobody asked for the others.
    Closed {
        /// The generation that begins.
        generation: u64,
        /// When.
        at: Instant,
    },
    /// Still closed, but calls have become slow.
    Degraded {
        /// The generation, which goes on.
        generation: u64,
        /// When.
        at: Instant,
        /// Slow calls, in flight or ended within the window.
        slow: u64,
        /// Calls ended within the window, plus slow ones in flight.
        calls: u64,
    },
    /// Still closed, and calls are no longer slow.
    Recovered {
        /// The generation, which goes on.
        generation: u64,
        /// When.
        at: Instant,
    },
    /// A person took over or gave back; `state` is where that leaves the circuit.
    ModeChanged {
        /// The generation that begins.
        generation: u64,
        /// When.
        at: Instant,
        /// The mode from now on.
        mode: Mode,
        /// The state from now on.
        state: State,
    },
}

impl Event {
    /// The generation that holds after the event.
    pub fn generation(&self) -> u64 {
        match *self {
            Self::Opened { generation, .. }
            | Self::HalfOpened { generation, .. }
            | Self::Closed { generation, .. }
            | Self::Degraded { generation, .. }
            | Self::Recovered { generation, .. }
            | Self::ModeChanged { generation, .. } => generation,
        }
    }

    /// When it happened, by the clock that was handed in.
    pub fn at(&self) -> Instant {
        match *self {
            Self::Opened { at, .. }
            | Self::HalfOpened { at, .. }
            | Self::Closed { at, .. }
            | Self::Degraded { at, .. }
            | Self::Recovered { at, .. }
            | Self::ModeChanged { at, .. } => at,
        }
    }
}

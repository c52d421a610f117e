//! The kitchen as diners know it: open, degraded or closed, and how long an order may take.

use resilience::{Snapshot, State};
use std::time::Duration;
use store::QueueStats;

/// The circuit in a diner's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum KitchenState {
    /// Pizzas are made at once.
    Open,
    /// Pizzas are made, slowly.
    Degraded,
    /// No pizzas now; orders are saved.
    Closed,
}

impl KitchenState {
    pub(super) fn of(circuit: &Snapshot) -> Self {
        match circuit.state {
            State::Closed if circuit.degraded => Self::Degraded,
            State::Closed => Self::Open,
            State::Open | State::HalfOpen => Self::Closed,
        }
    }
}

/// The kitchen now.
#[derive(Clone, Copy, Debug)]
pub struct KitchenStatus {
    /// Open, degraded or closed.
    pub state: KitchenState,
    /// It is closed, and about to find out whether it can reopen: what it needs for that is an order.
    pub probing: bool,
    /// When the kitchen will be tried again, if it is closed and that is known.
    pub reopen_in: Option<Duration>,
    /// The queue, as of the last look.
    pub queue: QueueStats,
    /// Orders made a second, lately; what an estimate divides by.
    pub drain_rate: f64,
}

/// Before anything was made, expect this many a second: a guess that only an estimate rests on.
const UNKNOWN_DRAIN_RATE: f64 = 10.0;

impl KitchenStatus {
    /// How long an order that is queued now may take. An estimate, for people.
    pub fn estimated_wait(&self) -> Duration {
        let rate = if self.drain_rate > 0.1 { self.drain_rate } else { UNKNOWN_DRAIN_RATE };
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let drain = Duration::try_from_secs_f64(self.queue.queued as f64 / rate).unwrap_or(Duration::MAX);
        let wait = self.reopen_in.unwrap_or_default().saturating_add(drain);
        wait.clamp(Duration::from_secs(1), Duration::from_secs(24 * 3600))
    }

    /// When it is worth asking again what became of a queued order.
    pub fn ask_again_in(&self) -> Duration {
        self.estimated_wait().min(Duration::from_secs(60))
    }

    /// What a diner is told.
    pub fn message(&self) -> &'static str {
        match self.state {
            KitchenState::Open => "The kitchen is open.",
            KitchenState::Degraded => {
                "The kitchen is slower than usual. Orders are saved and made as fast as it can."
            }
            KitchenState::Closed => {
                "The kitchen is currently closed. Orders are saved and will be made as soon as it reopens."
            }
        }
    }

    /// What a diner is told whose order was saved and is not made yet.
    pub fn message_for_saved_order(&self) -> &'static str {
        match self.state {
            KitchenState::Open => {
                "Your order is saved and is being made. It takes a little longer than usual."
            }
            KitchenState::Degraded => {
                "The kitchen is slower than usual. Your order is saved and will be made as soon as possible."
            }
            KitchenState::Closed => {
                "The kitchen is currently closed. Your order is saved and will be made as soon as it reopens."
            }
        }
    }
}

//! What the circuit's transitions set off: a log line, the metric, and the pace of the backlog.

use super::controls::History;
use resilience::{AimdLimit, Event, Mode, OpenReason, State};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use telemetry::Metrics;
use tokio::sync::Notify;

/// Shared by the circuit's listener, the dispatcher and whoever finishes an order.
pub(super) struct Signals {
    /// There may be something to dispatch.
    pub(super) wake: Notify,
    /// Something has just broken: whoever watches need not wait for the next look.
    pub(super) alarm: Notify,
    /// The backlog is moving: something was made since the circuit was last closed (or since start).
    pub(super) moving: AtomicBool,
    /// How much of the backlog may be at the factory at one time.
    pub(super) backlog: Arc<AimdLimit>,
    pub(super) history: History,
    pub(super) metrics: Arc<Metrics>,
}

impl Signals {
    /// Hears every transition of the circuit, in order.
    pub(super) fn circuit_event(&self, event: &Event) {
        self.history.add(event);
        match event {
            Event::Opened { generation, reason, open_for, .. } => {
                self.moving.store(false, Ordering::Relaxed);
                self.backlog.reset();
                self.metrics.circuit("open");
                if *reason != OpenReason::ProbeFailed {
                    self.alarm.notify_one();
                }
                let open_for_ms = open_for.as_millis();
                tracing::error!(
                    "type" = "factory",
                    component = "circuit",
                    generation,
                    ?reason,
                    open_for_ms,
                    "circuit open: calls to the factory stop, orders are queued"
                );
            }
            Event::HalfOpened { generation, .. } => {
                self.metrics.circuit("half_open");
                tracing::info!(
                    "type" = "factory",
                    component = "circuit",
                    generation,
                    "circuit half-open: probing"
                );
            }
            Event::Closed { generation, .. } => {
                self.metrics.circuit("closed");
                tracing::info!(
                    "type" = "factory",
                    component = "circuit",
                    generation,
                    "circuit closed: the factory is back"
                );
            }
            Event::Degraded { slow, calls, .. } => {
                tracing::warn!(
                    "type" = "factory",
                    component = "circuit",
                    slow,
                    calls,
                    "the factory is slow: new orders are queued, calls go on"
                );
            }
            Event::Recovered { .. } => {
                tracing::info!("type" = "factory", component = "circuit", "the factory is quick again");
            }
            Event::ModeChanged { mode, state, .. } => {
                self.metrics.circuit(mode_label(*mode, *state));
                tracing::warn!(
                    "type" = "factory",
                    component = "circuit",
                    ?mode,
                    "circuit under manual control, or back from it"
                );
            }
        }
        self.wake.notify_one();
    }
}

/// The circuit's state as metrics and logs name it.
pub(super) fn mode_label(mode: Mode, state: State) -> &'static str {
    match (mode, state) {
        (Mode::ForcedOpen, _) => "forced_open",
        (Mode::ForcedClosed, _) => "forced_closed",
        (Mode::Automatic, State::Closed) => "closed",
        (Mode::Automatic, State::Open) => "open",
        (Mode::Automatic, State::HalfOpen) => "half_open",
    }
}

//! What a person may do to the kitchen: take over the circuit, pause the backlog, rehearse a failing factory.
//!
//! All of it is this instance's own and ends with it: a restart is automatic, unpaused and without chaos.

use super::{Kitchen, now};
use jiff::Timestamp;
use resilience::{Event, Mode, Snapshot, State};
use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Transitions of the circuit that are remembered.
const REMEMBERED: usize = 100;

/// What people have switched.
#[derive(Default)]
pub(super) struct Controls {
    paused: AtomicBool,
    chaos: AtomicBool,
}

/// The circuit's latest transitions.
#[derive(Default)]
pub(super) struct History(Mutex<VecDeque<Transition>>);

/// One transition of the circuit, and the time by which people know it.
#[derive(Clone, Debug)]
pub struct Transition {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
}

impl History {
    pub(super) fn add(&self, event: &Event) {
        let mut transitions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        transitions.truncate(REMEMBERED - 1);
        transitions.push_front(Transition { at: Timestamp::now(), event: event.clone() });
    }
}

impl Kitchen {
    /// How the circuit stands.
    pub fn circuit(&self) -> Snapshot {
        self.circuit.snapshot()
    }

    /// The circuit's latest transitions on this instance, newest first.
    pub fn circuit_history(&self) -> Vec<Transition> {
        let transitions = self.signals.history.0.lock().unwrap_or_else(PoisonError::into_inner);
        transitions.iter().cloned().collect()
    }

    /// Takes the circuit over by hand, or gives it back.
    pub fn set_circuit_mode(&self, mode: Mode) {
        self.circuit.set_mode(mode, now());
    }

    /// Whether the backlog is paused.
    pub fn is_paused(&self) -> bool {
        self.controls.paused.load(Ordering::Relaxed)
    }

    /// Pauses the backlog: nothing leaves it but the probes without which a closed kitchen could not reopen.
    /// New orders go to the factory as before.
    pub fn pause(&self) {
        self.controls.paused.store(true, Ordering::Relaxed);
        self.metrics.queue_paused(true);
    }

    /// The backlog moves again.
    pub fn resume(&self) {
        self.controls.paused.store(false, Ordering::Relaxed);
        self.metrics.queue_paused(false);
        self.signals.wake.notify_one();
    }

    /// Whether half of the calls to the factory fail, for a drill.
    pub fn has_chaos(&self) -> bool {
        self.controls.chaos.load(Ordering::Relaxed)
    }

    /// Makes half of the calls to the factory fail before they are sent, or stops doing so.
    pub fn set_chaos(&self, on: bool) {
        self.controls.chaos.store(on, Ordering::Relaxed);
    }

    pub(super) fn backlog_may_move(&self) -> bool {
        !self.is_paused() || self.circuit.snapshot().state != State::Closed
    }
}

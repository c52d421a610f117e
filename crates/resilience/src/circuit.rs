//! The circuit that threads share: the state machine behind a mutex, and in front of it one atomic word that lets
//! calls through a closed circuit without taking the mutex.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::config::CircuitConfig;
use crate::event::{Event, Mode, State};
use crate::machine::{Machine, Outcome, Ticket};
use crate::permit::Permit;
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};

/// A circuit breaker, shared as `Arc<Circuit>`.
///
/// Every call asks for a [`Permit`] and brings its result back through it. Each change of state or mode begins a new
/// *generation*; a result whose permit is from an older one is not news and changes nothing.
///
/// Time alone changes things only in [`tick`](Self::tick), which a timer calls.
pub struct Circuit {
    gate: CacheLine<Gate>,
    core: CacheLine<Mutex<Core>>,
    listener: Box<dyn Fn(&Event) + Send + Sync>,
}

/// The circuit lets no call through now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the circuit is open")]
pub struct Refused {
    /// A hint when asking again may be worth while: when half-open is due (zero if only the tick is missing); the
    /// first open time while probes are out; the longest one while the circuit is forced open.
    pub retry_in: Duration,
}

/// How the circuit stands. The window's figures are as of the last result or tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Closed, open or half-open; forced modes show as what they force.
    pub state: State,
    /// Who decides.
    pub mode: Mode,
    /// Closed, but calls are slow.
    pub degraded: bool,
    /// Grows with each change of state or mode.
    pub generation: u64,
    /// When this generation began.
    pub since: Instant,
    /// When half-open is due; only of a circuit that is open, and not forced open.
    pub reopen_at: Option<Instant>,
    /// Failures since the last success; zero unless closed.
    pub consecutive_failures: u32,
    /// Calls in the window that ended as success or failure; zero unless closed.
    pub calls: u64,
    /// Those that failed; zero unless closed.
    pub failures: u64,
    /// Slow calls, in flight or ended within the window; zero unless closed.
    pub slow: u64,
    /// Probes without a result; zero unless half-open.
    pub probes_outstanding: usize,
}

struct Core {
    machine: Machine,
    /// Someone is telling the listener, and will tell it what others add meanwhile.
    delivering: bool,
}

impl Circuit {
    /// A closed circuit in automatic mode. `config` should have passed [`CircuitConfig::validate`]; one that has not
    /// does not panic, but need not make sense. `seed` decides the jitter.
    ///
    /// `listener` hears each event once and in order, on the thread that caused it or on one that is just telling an
    /// earlier event. So it must be cheap: write to a channel, bump a counter. No lock is held meanwhile: it may use the
    /// circuit.
    pub fn new(
        config: CircuitConfig,
        now: Instant,
        seed: u64,
        listener: impl Fn(&Event) + Send + Sync + 'static,
    ) -> Arc<Self> {
        let machine = Machine::new(config, now, seed);
        Arc::new(Self {
            gate: CacheLine(Gate::new(&machine)),
            core: CacheLine(Mutex::new(Core { machine, delivering: false })),
            listener: Box::new(listener),
        })
    }

    /// Asks whether a call may go. An open circuit refuses even when its time is up: only [`tick`](Self::tick) makes it
    /// half-open.
    ///
    /// # Errors
    /// [`Refused`] while the circuit is open, or half-open with all probes out.
    #[inline]
    pub fn acquire(self: &Arc<Self>, now: Instant) -> Result<Permit, Refused> {
        let ticket = match self.gate.0.closed_generation() {
            Some(generation) => Ticket { generation, probe: None, slow: false },
            None => self.lock().machine.admit(now)?,
        };
        Ok(Permit::new(Arc::clone(self), ticket))
    }

    /// How the circuit stands.
    pub fn snapshot(&self) -> Snapshot {
        self.lock().machine.snapshot()
    }

    /// Carries out what time has made due: open → half-open, probes that took too long, slow calls that have aged.
    /// Returns when there will be something to do next if nothing happens until then; an event, or a probe that was let
    /// through, may make that earlier. Ticking too often is harmless.
    pub fn tick(&self, now: Instant) -> Option<Instant> {
        self.change(|machine| machine.tick(now))
    }

    /// Takes over by hand, or gives back. Back to automatic the circuit starts afresh: closed after forced closed,
    /// half-open after forced open. Setting the mode it is in changes nothing. Results in flight are no longer news.
    pub fn set_mode(&self, mode: Mode, now: Instant) {
        self.change(|machine| machine.set_mode(mode, now));
    }

    #[inline]
    pub(crate) fn finish(&self, ticket: &Ticket, outcome: Outcome, now: Instant) {
        self.change(|machine| machine.finish(ticket, outcome, now));
    }

    pub(crate) fn slow(&self, ticket: &mut Ticket, now: Instant) {
        self.change(|machine| machine.slow(ticket, now));
    }

    pub(crate) fn abandon(&self, ticket: &Ticket) {
        // Other tickets hold nothing to give back.
        if ticket.slow || ticket.probe.is_some() {
            self.lock().machine.abandon(ticket);
        }
    }

    #[inline]
    fn change<T>(&self, change: impl FnOnce(&mut Machine) -> T) -> T {
        let mut core = self.lock();
        let result = change(&mut core.machine);
        if !core.machine.outbox.is_empty() {
            self.gate.0.set(&core.machine);
            self.deliver(core);
        }
        result
    }

    /// Tells the listener what is new, without the lock but one thread at a time, so that order is kept.
    #[cold]
    fn deliver<'a>(&'a self, mut core: MutexGuard<'a, Core>) {
        if core.delivering {
            return;
        }
        core.delivering = true;
        while let Some(event) = core.machine.outbox.pop_front() {
            drop(core);
            let told = catch_unwind(AssertUnwindSafe(|| (self.listener)(&event)));
            core = self.lock();
            if let Err(panic) = told {
                core.delivering = false;
                drop(core);
                resume_unwind(panic);
            }
        }
        core.delivering = false;
    }

    /// The machine does not panic, so a poisoned lock cannot guard a half-made change.
    #[inline]
    fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Circuit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Circuit").field(&self.snapshot()).finish()
    }
}

/// Generation and "is it closed" in one word, written under the mutex and read without it. A reader that sees a closed
/// circuit which is just opening is a call that came a moment earlier: its generation says so when it ends.
struct Gate(AtomicU64);

impl Gate {
    fn new(machine: &Machine) -> Self {
        Self(AtomicU64::new(Self::word(machine)))
    }

    fn set(&self, machine: &Machine) {
        self.0.store(Self::word(machine), Ordering::Release);
    }

    #[inline]
    fn closed_generation(&self) -> Option<u64> {
        let word = self.0.load(Ordering::Acquire);
        (word & 1 == 1).then_some(word >> 1)
    }

    fn word(machine: &Machine) -> u64 {
        machine.generation() << 1 | u64::from(machine.state() == State::Closed)
    }
}

/// Keeps the gate, which every call reads, off the lines that every call writes: the mutex, and the count of the `Arc`.
#[repr(align(64))]
struct CacheLine<T>(T);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_closed_circuit_lets_calls_through_while_somebody_holds_its_lock() {
        let now = Instant::now();
        let circuit = Circuit::new(CircuitConfig::default(), now, 1, |_| {});
        for mode in [Mode::Automatic, Mode::ForcedClosed] {
            circuit.set_mode(mode, now);
            let (let_through, heard) = mpsc::channel();
            let (asks, held) = (Arc::clone(&circuit), circuit.lock());
            std::thread::spawn(move || let_through.send(asks.acquire(now).unwrap().generation()));
            let generation = heard.recv_timeout(Duration::from_secs(10)).expect("nobody waits for the lock");
            assert_eq!(generation, held.machine.generation());
        }
    }

    #[test]
    fn it_says_how_it_stands() {
        let circuit = Circuit::new(CircuitConfig::default(), Instant::now(), 1, |_| {});
        assert!(format!("{circuit:?}").contains("state: Closed"));
    }
}

//! The circuit as a plain state machine: `&mut self`, no locks, no clock. It moves between closed, open and half-open;
//! what closed and half-open watch meanwhile is theirs.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::circuit::{Refused, Snapshot};
use crate::closed::{Closed, Turn};
use crate::config::CircuitConfig;
use crate::event::{Event, Mode, OpenReason, State};
use crate::half_open::HalfOpen;
use crate::window::later;

/// What a call shows when it brings its result.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(crate) generation: u64,
    /// The half-open place it holds.
    pub(crate) probe: Option<u64>,
    /// It has been counted as slow and in flight.
    pub(crate) slow: bool,
}

/// What became of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    Success,
    Failure { retry_after: Option<Duration> },
    Neutral,
}

pub(crate) struct Machine {
    config: CircuitConfig,
    rng: fastrand::Rng,
    mode: Mode,
    phase: Phase,
    generation: u64,
    since: Instant,
    /// Times it opened since it was last closed: the exponent of the open time.
    openings: u32,
    /// Events that nobody has been told of yet, in order.
    pub(crate) outbox: VecDeque<Event>,
}

enum Phase {
    Closed(Closed),
    /// `until` is none while a person holds it open.
    Open {
        until: Option<Instant>,
    },
    HalfOpen(HalfOpen),
}

impl Machine {
    pub(crate) fn new(config: CircuitConfig, now: Instant, seed: u64) -> Self {
        Self {
            phase: Phase::Closed(Closed::new(&config, now)),
            config,
            rng: fastrand::Rng::with_seed(seed),
            mode: Mode::Automatic,
            generation: 0,
            since: now,
            openings: 0,
            outbox: VecDeque::new(),
        }
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn state(&self) -> State {
        match self.phase {
            Phase::Closed(_) => State::Closed,
            Phase::Open { .. } => State::Open,
            Phase::HalfOpen(_) => State::HalfOpen,
        }
    }

    /// May a call go?
    pub(crate) fn admit(&mut self, now: Instant) -> Result<Ticket, Refused> {
        let generation = self.generation;
        match &mut self.phase {
            Phase::Closed(_) => Ok(Ticket { generation, probe: None, slow: false }),
            Phase::Open { until: Some(until) } => {
                Err(Refused { retry_in: until.saturating_duration_since(now) })
            }
            Phase::Open { until: None } => Err(Refused { retry_in: self.config.open_max }),
            Phase::HalfOpen(half) => match half.grant(&self.config, now) {
                Some(id) => Ok(Ticket { generation, probe: Some(id), slow: false }),
                None => Err(Refused { retry_in: self.config.open }),
            },
        }
    }

    /// A call ended. From an older generation, or without its place any more, that is not news.
    #[inline]
    pub(crate) fn finish(&mut self, ticket: &Ticket, outcome: Outcome, now: Instant) {
        if ticket.generation != self.generation {
            return;
        }
        match &mut self.phase {
            Phase::Closed(closed) => {
                closed.finish(ticket.slow, outcome, &self.config, now);
                if let Outcome::Failure { .. } = outcome {
                    self.weigh_failures(now);
                }
                let fast_success = !ticket.slow && matches!(outcome, Outcome::Success);
                self.weigh_slowness(fast_success, now);
            }
            Phase::HalfOpen(half) => {
                if half.give_back(ticket.probe) {
                    self.weigh_probe(outcome, now);
                }
            }
            Phase::Open { .. } => {}
        }
    }

    /// A call went away without a result: it gives back what it holds and counts as nothing. There is no `now` in a
    /// drop, so a recovery that this makes possible waits for the next result or tick.
    pub(crate) fn abandon(&mut self, ticket: &Ticket) {
        if ticket.generation != self.generation {
            return;
        }
        match &mut self.phase {
            Phase::Closed(closed) => closed.abandon(ticket.slow),
            Phase::HalfOpen(half) => {
                half.give_back(ticket.probe);
            }
            Phase::Open { .. } => {}
        }
    }

    /// A call in flight has passed the slow threshold.
    pub(crate) fn slow(&mut self, ticket: &mut Ticket, now: Instant) {
        if ticket.slow || ticket.generation != self.generation {
            return;
        }
        if let Phase::Closed(closed) = &mut self.phase {
            ticket.slow = true;
            closed.slow_call(now);
            self.weigh_slowness(false, now);
        }
    }

    /// Carries out what time has made due; returns when there is something to carry out next.
    pub(crate) fn tick(&mut self, now: Instant) -> Option<Instant> {
        match &mut self.phase {
            Phase::Closed(closed) => {
                closed.age(now);
                self.weigh_slowness(false, now);
            }
            Phase::Open { until: Some(until) } if *until <= now => self.half_open(now),
            Phase::Open { .. } => {}
            Phase::HalfOpen(half) => {
                half.expire(self.config.permit_max_age, now);
                if half.quiet_until(&self.config).is_some_and(|until| until <= now) {
                    self.close(now);
                }
            }
        }
        match &self.phase {
            Phase::Closed(closed) => closed.next_due(),
            Phase::Open { until } => *until,
            Phase::HalfOpen(half) => {
                half.next_expiry(self.config.permit_max_age).or_else(|| half.quiet_until(&self.config))
            }
        }
    }

    pub(crate) fn set_mode(&mut self, mode: Mode, now: Instant) {
        if mode == self.mode {
            return;
        }
        let phase = match (self.mode, mode) {
            (_, Mode::ForcedOpen) => Phase::Open { until: None },
            (Mode::ForcedOpen, Mode::Automatic) => Phase::HalfOpen(HalfOpen::default()),
            (_, Mode::ForcedClosed | Mode::Automatic) => Phase::Closed(Closed::new(&self.config, now)),
        };
        if matches!(phase, Phase::Closed(_)) {
            self.openings = 0;
        }
        self.mode = mode;
        let generation = self.enter(phase, now);
        let state = self.state();
        self.outbox.push_back(Event::ModeChanged { generation, at: now, mode, state });
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot {
            state: self.state(),
            mode: self.mode,
            degraded: false,
            generation: self.generation,
            since: self.since,
            reopen_at: None,
            consecutive_failures: 0,
            calls: 0,
            failures: 0,
            slow: 0,
            probes_outstanding: 0,
        };
        match &self.phase {
            Phase::Closed(closed) => closed.describe(&mut snapshot),
            Phase::Open { until } => snapshot.reopen_at = *until,
            Phase::HalfOpen(half) => snapshot.probes_outstanding = half.outstanding(),
        }
        snapshot
    }

    fn weigh_slowness(&mut self, fast_success: bool, now: Instant) {
        let Phase::Closed(closed) = &mut self.phase else { return };
        let generation = self.generation;
        match closed.weigh_slowness(fast_success, &self.config) {
            None => {}
            Some(Turn::Degraded { slow, calls }) => {
                self.outbox.push_back(Event::Degraded { generation, at: now, slow, calls });
            }
            Some(Turn::Recovered) => self.outbox.push_back(Event::Recovered { generation, at: now }),
        }
    }

    fn weigh_failures(&mut self, now: Instant) {
        let Phase::Closed(closed) = &self.phase else { return };
        if self.mode != Mode::Automatic {
            return;
        }
        if let Some(reason) = closed.reason_to_open(&self.config) {
            self.open(reason, closed.not_before(), now);
        }
    }

    /// A probe that held its place has ended.
    fn weigh_probe(&mut self, outcome: Outcome, now: Instant) {
        let Phase::HalfOpen(half) = &mut self.phase else { return };
        match outcome {
            Outcome::Neutral => {}
            Outcome::Failure { retry_after } => {
                let not_before = self.config.not_before(retry_after, now);
                self.open(OpenReason::ProbeFailed, not_before, now);
            }
            Outcome::Success => {
                if half.all_rounds_succeeded(&self.config, now) {
                    self.close(now);
                }
            }
        }
    }

    fn open(&mut self, reason: OpenReason, not_before: Option<Instant>, now: Instant) {
        let asked = not_before.map_or(Duration::ZERO, |t| t.saturating_duration_since(now));
        let open_for = self.open_time().max(asked);
        self.openings = self.openings.saturating_add(1);
        let generation = self.enter(Phase::Open { until: Some(later(now, open_for)) }, now);
        self.outbox.push_back(Event::Opened { generation, at: now, reason, open_for });
    }

    fn half_open(&mut self, now: Instant) {
        let generation = self.enter(Phase::HalfOpen(HalfOpen::default()), now);
        self.outbox.push_back(Event::HalfOpened { generation, at: now });
    }

    fn close(&mut self, now: Instant) {
        self.openings = 0;
        let generation = self.enter(Phase::Closed(Closed::new(&self.config, now)), now);
        self.outbox.push_back(Event::Closed { generation, at: now });
    }

    fn enter(&mut self, phase: Phase, now: Instant) -> u64 {
        self.phase = phase;
        self.since = now;
        self.generation += 1;
        self.generation
    }

    /// `open` doubled for every opening since it was last closed, up to `open_max`, ± jitter.
    fn open_time(&mut self) -> Duration {
        let doubled = self.config.open.saturating_mul(2u32.saturating_pow(self.openings));
        let base = doubled.min(self.config.open_max);
        let factor = 1.0 + self.config.jitter * (2.0 * self.rng.f64() - 1.0);
        Duration::try_from_secs_f64(base.as_secs_f64() * factor).unwrap_or(base)
    }
}

impl CircuitConfig {
    /// Until when the dependency asked to be left alone, as far as we listen.
    pub(crate) fn not_before(&self, retry_after: Option<Duration>, now: Instant) -> Option<Instant> {
        retry_after.map(|asked| later(now, asked.min(self.open_max)))
    }
}

//! The circuit against a model so simple that it can be checked by eye: it keeps every result and counts again each
//! time, where the circuit keeps sums.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use resilience::{Circuit, CircuitConfig, Event, Mode, Permit, State};

/// What the test does. `usize` picks one of the permits that are out, if any.
#[derive(Clone, Debug)]
enum Step {
    Acquire,
    Succeed(usize),
    Fail(usize, Option<u64>),
    Neutral(usize),
    Slow(usize),
    Drop(usize),
    Tick,
    Wait(u64),
    /// To the very moment that the last tick has asked for.
    WaitUntilDue,
    SetMode(Mode),
}

/// An event as both sides tell it: what, generation, and when, in ms since the start; and how long it stays open.
type Told = (&'static str, u64, u64, u64);

/// All times in ms since the start.
#[derive(Clone, Debug)]
struct Model {
    config: CircuitConfig,
    now: u64,
    state: State,
    mode: Mode,
    degraded: bool,
    generation: u64,
    since: u64,
    open_until: Option<u64>,
    openings: u32,
    /// Of this closed spell.
    results: Vec<Past>,
    /// The failures since the last success of this closed spell: until when each asked to be left alone.
    row: Vec<u64>,
    /// When the window was last looked at.
    looked: u64,
    /// Of this half-open spell.
    probes_succeeded: u32,
    probe_succeeded_at: u64,
    permits: Vec<Out>,
    told: Vec<Told>,
    /// What the last step answered.
    refused: bool,
    due: Option<u64>,
}

#[derive(Clone, Debug)]
struct Past {
    at: u64,
    failed: bool,
    slow: bool,
}

#[derive(Clone, Debug)]
struct Out {
    generation: u64,
    granted: u64,
    has_place: bool,
    slow: bool,
}

fn ms(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

impl Model {
    fn new(config: CircuitConfig) -> Self {
        Self {
            config,
            now: 0,
            state: State::Closed,
            mode: Mode::Automatic,
            degraded: false,
            generation: 0,
            since: 0,
            open_until: None,
            openings: 0,
            results: vec![],
            row: vec![],
            looked: 0,
            probes_succeeded: 0,
            probe_succeeded_at: 0,
            permits: vec![],
            told: vec![],
            refused: false,
            due: None,
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Wait(time) => self.now += time,
            Step::WaitUntilDue => self.now = self.due.unwrap_or(0).max(self.now),
            Step::Tick => self.tick(),
            Step::SetMode(mode) => self.set_mode(mode),
            Step::Acquire => self.acquire(),
            Step::Slow(pick) => self.slow(pick),
            Step::Drop(pick) => drop(self.take(pick)),
            Step::Succeed(pick) => self.take(pick).into_iter().for_each(|permit| self.succeed(permit)),
            Step::Fail(pick, asked) => {
                self.take(pick).into_iter().for_each(|permit| self.fail(permit, asked))
            }
            Step::Neutral(pick) => {
                if let Some(permit) = self.take(pick)
                    && permit.generation == self.generation
                    && self.state == State::Closed
                {
                    self.looked = self.now;
                    self.judge_slowness(false);
                }
            }
        }
    }

    fn take(&mut self, pick: usize) -> Option<Out> {
        (!self.permits.is_empty()).then(|| self.permits.remove(pick % self.permits.len()))
    }

    fn acquire(&mut self) {
        self.refused = match self.state {
            State::Closed => false,
            State::Open => true,
            State::HalfOpen => self.places_left() == 0,
        };
        if !self.refused {
            let has_place = self.state == State::HalfOpen;
            let (generation, granted) = (self.generation, self.now);
            self.permits.push(Out { generation, granted, has_place, slow: false });
        }
    }

    fn places_left(&self) -> u32 {
        let [first, second] = self.config.probes;
        let wanted = if self.probes_succeeded < first { first } else { first + second };
        wanted - self.probes_succeeded - self.probes_out().count() as u32
    }

    fn probes_out(&self) -> impl Iterator<Item = &Out> {
        self.permits.iter().filter(|permit| permit.generation == self.generation && permit.has_place)
    }

    fn succeed(&mut self, permit: Out) {
        if permit.generation != self.generation {
            return;
        }
        match self.state {
            State::Closed => {
                self.row.clear();
                self.remember(false, permit.slow);
                self.judge_slowness(!permit.slow);
            }
            State::HalfOpen if permit.has_place => {
                self.probes_succeeded += 1;
                self.probe_succeeded_at = self.now;
                if self.probes_succeeded == self.config.probes.iter().sum::<u32>() {
                    self.begin(State::Closed);
                    self.tell("closed", 0);
                }
            }
            _ => {}
        }
    }

    fn fail(&mut self, permit: Out, asked: Option<u64>) {
        if permit.generation != self.generation {
            return;
        }
        let until = self.now + asked.unwrap_or(0).min(ms(self.config.open_max));
        match self.state {
            State::Closed => {
                self.row.push(until);
                self.remember(true, permit.slow);
                let calls = self.window().count();
                let failed = self.window().filter(|past| past.failed).count();
                let too_many = self.row.len() >= self.config.consecutive_failures as usize
                    || (calls >= self.config.minimum_calls as usize
                        && failed as f64 / calls as f64 >= self.config.failure_rate);
                if too_many && self.mode == Mode::Automatic {
                    self.open(self.row.iter().copied().max().unwrap());
                } else {
                    self.judge_slowness(false);
                }
            }
            State::HalfOpen if permit.has_place => self.open(until),
            _ => {}
        }
    }

    fn remember(&mut self, failed: bool, slow: bool) {
        self.looked = self.now;
        self.results.push(Past { at: self.now, failed, slow });
    }

    /// The results in the ten tenths of the window up to the one last looked at.
    fn window(&self) -> impl Iterator<Item = &Past> {
        let tenth = |at: u64| (at - self.since) / (ms(self.config.window) / 10);
        let last = tenth(self.looked);
        self.results.iter().filter(move |past| tenth(past.at) + 10 > last)
    }

    fn slow_in_flight(&self) -> usize {
        self.permits.iter().filter(|permit| permit.generation == self.generation && permit.slow).count()
    }

    fn slow_calls(&self) -> usize {
        self.slow_in_flight() + self.window().filter(|past| past.slow).count()
    }

    fn slow(&mut self, pick: usize) {
        let (count, now) = (self.permits.len(), self.now);
        if count == 0 || self.state != State::Closed {
            return;
        }
        let permit = &mut self.permits[pick % count];
        if permit.generation == self.generation && !permit.slow {
            permit.slow = true;
            self.looked = now;
            self.judge_slowness(false);
        }
    }

    fn judge_slowness(&mut self, fast_success: bool) {
        let (slow, calls) = (self.slow_calls(), self.slow_in_flight() + self.window().count());
        let many = calls > 0 && slow as f64 / calls as f64 >= self.config.slow_rate;
        if !self.degraded && many && calls >= self.config.minimum_calls as usize {
            self.degraded = true;
            self.tell("degraded", 0);
        } else if self.degraded && (slow == 0 || (!many && fast_success)) {
            self.degraded = false;
            self.tell("recovered", 0);
        }
    }

    fn tick(&mut self) {
        match self.state {
            State::Closed => {
                self.looked = self.now;
                self.judge_slowness(false);
            }
            State::Open if self.open_until.is_some_and(|until| until <= self.now) => {
                self.begin(State::HalfOpen);
                self.tell("half-opened", 0);
            }
            State::Open => {}
            State::HalfOpen => {
                let (now, max_age) = (self.now, ms(self.config.permit_max_age));
                for permit in &mut self.permits {
                    permit.has_place &= now - permit.granted < max_age;
                }
                if self.quiet_until().is_some_and(|until| until <= now) {
                    self.begin(State::Closed);
                    self.tell("closed", 0);
                }
            }
        }
        let tenth = ms(self.config.window) / 10;
        self.due = match self.state {
            State::Closed => {
                (self.slow_calls() > 0).then(|| self.since + ((self.now - self.since) / tenth + 1) * tenth)
            }
            State::Open => self.open_until,
            State::HalfOpen => {
                let expiry = |permit: &Out| permit.granted + ms(self.config.permit_max_age);
                self.probes_out().map(expiry).min().or(self.quiet_until())
            }
        };
    }

    /// The first round has succeeded, and nobody is probing: until when that must stay so.
    fn quiet_until(&self) -> Option<u64> {
        let proven = self.probes_succeeded >= self.config.probes[0] && self.probes_out().count() == 0;
        proven.then(|| self.probe_succeeded_at + ms(self.config.open))
    }

    fn set_mode(&mut self, mode: Mode) {
        if mode == self.mode {
            return;
        }
        self.begin(match (self.mode, mode) {
            (_, Mode::ForcedOpen) => State::Open,
            (_, Mode::ForcedClosed) | (Mode::ForcedClosed, Mode::Automatic) => State::Closed,
            _ => State::HalfOpen,
        });
        self.mode = mode;
        self.tell("mode changed", 0);
    }

    fn open(&mut self, not_before: u64) {
        let doubled = ms(self.config.open) * 2u64.pow(self.openings.min(20));
        let until = (self.now + doubled.min(ms(self.config.open_max))).max(not_before);
        self.begin(State::Open);
        self.openings += 1;
        self.open_until = Some(until);
        self.tell("opened", until - self.now);
    }

    fn begin(&mut self, state: State) {
        self.state = state;
        self.generation += 1;
        (self.since, self.looked) = (self.now, self.now);
        (self.degraded, self.open_until, self.probes_succeeded) = (false, None, 0);
        self.results.clear();
        self.row.clear();
        if state == State::Closed {
            self.openings = 0;
        }
    }

    fn tell(&mut self, what: &'static str, open_for: u64) {
        self.told.push((what, self.generation, self.now, open_for));
    }
}

impl ReferenceStateMachine for Model {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        let small = CircuitConfig {
            consecutive_failures: 4,
            minimum_calls: 6,
            window: Duration::from_secs(10),
            slow_rate: 0.6,
            open: Duration::from_secs(2),
            open_max: Duration::from_secs(9),
            jitter: 0.0,
            probes: [2, 2],
            permit_max_age: Duration::from_secs(8),
            ..CircuitConfig::default()
        };
        let default = CircuitConfig { jitter: 0.0, ..CircuitConfig::default() };
        // A row that never gets long enough leaves the stage to the failure rate.
        let patient = CircuitConfig { consecutive_failures: 1000, ..small.clone() };
        prop_oneof![Just(small), Just(default), Just(patient)].prop_map(Model::new).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        let pick = any::<usize>();
        let asked = proptest::option::weighted(0.2, 0..100_000u64);
        let mode = prop_oneof![Just(Mode::Automatic), Just(Mode::ForcedOpen), Just(Mode::ForcedClosed)];
        // Forced modes are dull: leave them soon.
        let mode_weight = if model.mode == Mode::Automatic { 1 } else { 8 };
        prop_oneof![
            30 => Just(Step::Acquire),
            12 => pick.prop_map(Step::Succeed),
            9 => (pick, asked).prop_map(|(pick, asked)| Step::Fail(pick, asked)),
            3 => pick.prop_map(Step::Neutral),
            7 => pick.prop_map(Step::Slow),
            2 => pick.prop_map(Step::Drop),
            10 => Just(Step::Tick),
            8 => (0..300u64).prop_map(Step::Wait),
            4 => (0..6_000u64).prop_map(Step::Wait),
            1 => (0..70_000u64).prop_map(Step::Wait),
            5 => Just(Step::WaitUntilDue),
            mode_weight => mode.prop_map(Step::SetMode),
        ]
        .boxed()
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.step(step);
        model
    }
}

/// The real circuit, with the permits in the model's order.
struct Real {
    circuit: Arc<Circuit>,
    start: Instant,
    now: Instant,
    permits: Vec<Permit>,
    heard: Arc<Mutex<Vec<Event>>>,
}

impl Real {
    fn take(&mut self, pick: usize) -> Option<Permit> {
        (!self.permits.is_empty()).then(|| self.permits.remove(pick % self.permits.len()))
    }

    /// Brings a result; a late one must change nothing whatever.
    fn finish(&mut self, pick: usize, bring: impl FnOnce(Permit)) {
        let Some(permit) = self.take(pick) else { return };
        let (before, heard) = (self.circuit.snapshot(), self.heard.lock().unwrap().len());
        let late = permit.generation() != before.generation;
        bring(permit);
        if late {
            assert_eq!(self.circuit.snapshot(), before);
            assert_eq!(self.heard.lock().unwrap().len(), heard);
        }
    }

    fn acquire(&mut self, model: &Model) {
        let state = self.circuit.snapshot().state;
        let answer = self.circuit.acquire(self.now);
        assert_eq!(answer.is_err(), model.refused);
        assert!(!(state == State::Open && answer.is_ok()), "a call through an open circuit");
        self.permits.extend(answer.ok());
    }
}

impl StateMachineTest for Real {
    type SystemUnderTest = Real;
    type Reference = Model;

    fn init_test(model: &Model) -> Real {
        let (start, heard) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
        let notes = Arc::clone(&heard);
        let circuit = Circuit::new(model.config.clone(), start, 1, move |event| {
            notes.lock().unwrap().push(event.clone())
        });
        Real { circuit, start, now: start, permits: vec![], heard }
    }

    fn apply(mut real: Real, model: &Model, step: Step) -> Real {
        let now = real.now;
        match step {
            Step::Acquire => real.acquire(model),
            Step::Succeed(pick) => real.finish(pick, |permit| permit.succeed(now)),
            Step::Fail(pick, asked) => {
                real.finish(pick, |permit| permit.fail(now, asked.map(Duration::from_millis)));
            }
            Step::Neutral(pick) => real.finish(pick, |permit| permit.neutral(now)),
            Step::Drop(pick) => real.finish(pick, drop),
            Step::Slow(pick) => {
                let count = real.permits.len().max(1);
                if let Some(permit) = real.permits.get_mut(pick % count) {
                    permit.slow(now);
                }
            }
            Step::Tick => {
                let due = real.circuit.tick(now);
                assert_eq!(due.map(|at| ms(at - real.start)), model.due);
            }
            Step::Wait(_) | Step::WaitUntilDue => real.now = real.start + Duration::from_millis(model.now),
            Step::SetMode(mode) => real.circuit.set_mode(mode, now),
        }
        real
    }

    fn check_invariants(real: &Real, model: &Model) {
        let since_start = |at: Instant| ms(at - real.start);
        let snapshot = real.circuit.snapshot();
        assert_eq!(
            (snapshot.state, snapshot.mode, snapshot.degraded, snapshot.generation),
            (model.state, model.mode, model.degraded, model.generation)
        );
        assert_eq!(since_start(snapshot.since), model.since);
        assert_eq!(snapshot.reopen_at.map(since_start), model.open_until);
        assert_eq!(snapshot.consecutive_failures as usize, model.row.len());
        if model.state == State::Closed {
            assert_eq!(snapshot.calls as usize, model.window().count());
            assert_eq!(snapshot.failures as usize, model.window().filter(|past| past.failed).count());
            assert_eq!(snapshot.slow as usize, model.slow_calls());
        }
        assert_eq!(snapshot.probes_outstanding, model.probes_out().count());
        assert!(snapshot.probes_outstanding <= model.config.probes.into_iter().max().unwrap() as usize);

        let heard: Vec<Told> =
            real.heard.lock().unwrap().iter().map(|event| told(event, real.start)).collect();
        assert_eq!(heard, model.told);
    }
}

fn told(event: &Event, start: Instant) -> Told {
    let (what, open_for) = match event {
        Event::Opened { open_for, .. } => ("opened", ms(*open_for)),
        Event::HalfOpened { .. } => ("half-opened", 0),
        Event::Closed { .. } => ("closed", 0),
        Event::Degraded { .. } => ("degraded", 0),
        Event::Recovered { .. } => ("recovered", 0),
        Event::ModeChanged { .. } => ("mode changed", 0),
    };
    (what, event.generation(), ms(event.at() - start), open_for)
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_circuit_does_what_the_model_does(sequential 1..300 => Real);
}

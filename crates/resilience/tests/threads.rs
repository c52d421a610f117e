//! What holds when several threads share one circuit.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use resilience::{Circuit, CircuitConfig, Event, Mode, State};

/// Probes out, by generation.
#[derive(Default)]
struct Probes(Mutex<HashMap<u64, u32>>);

impl Probes {
    fn add(&self, generation: u64) -> u32 {
        let mut out = self.0.lock().unwrap();
        let count = out.entry(generation).or_default();
        *count += 1;
        *count
    }

    fn remove(&self, generation: u64) {
        *self.0.lock().unwrap().get_mut(&generation).unwrap() -= 1;
    }
}

#[test]
fn events_come_in_order_and_never_more_probes_than_allowed_are_out() {
    let start = Instant::now();
    let events = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&events);
    // The clock races while a thread is not scheduled; no probe shall lose its place to that.
    let config = CircuitConfig { permit_max_age: Duration::MAX, ..CircuitConfig::default() };
    let circuit = Circuit::new(config, start, 1, move |event| notes.lock().unwrap().push(event.clone()));
    let (clock, probes) = (AtomicU64::new(0), Probes::default());

    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (circuit, clock, probes) = (&circuit, &clock, &probes);
            scope.spawn(move || {
                let mut rng = fastrand::Rng::with_seed(thread);
                while circuit.snapshot().generation < 300 {
                    let now = start + Duration::from_millis(clock.fetch_add(50, Ordering::Relaxed));
                    circuit.tick(now);
                    let Ok(permit) = circuit.acquire(now) else { continue };
                    let (generation, is_probe) = (permit.generation(), permit.is_probe());
                    if is_probe {
                        assert!(probes.add(generation) <= 3);
                        std::thread::yield_now();
                        probes.remove(generation);
                    }
                    // Probes mostly succeed and others mostly fail, so that it opens and closes all the time.
                    match (rng.u8(0..10), is_probe) {
                        (0, _) => drop(permit),
                        (1, _) | (2.., false) => permit.fail(now, None),
                        (2.., true) => permit.succeed(now),
                    }
                }
            });
        }
    });

    let events = events.lock().unwrap();
    assert!(events.len() >= 300);
    let mut state = State::Closed;
    for (before, event) in events.iter().enumerate() {
        assert_eq!(event.generation(), before as u64 + 1, "each begins the next generation");
        state = match (state, event) {
            (State::Closed | State::HalfOpen, Event::Opened { .. }) => State::Open,
            (State::Open, Event::HalfOpened { .. }) => State::HalfOpen,
            (State::HalfOpen, Event::Closed { .. }) => State::Closed,
            illegal => panic!("not a transition: {illegal:?}"),
        };
    }
    assert_eq!(circuit.snapshot().state, state);
}

#[test]
fn no_result_is_lost_between_threads() {
    let now = Instant::now();
    let circuit = Circuit::new(CircuitConfig::default(), now, 1, |_| {});
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..10_000).for_each(|_| circuit.acquire(now).unwrap().succeed(now)));
        }
    });
    assert_eq!(circuit.snapshot().calls, 40_000);
}

#[test]
fn the_listener_may_use_the_circuit_it_listens_to() {
    let now = Instant::now();
    let own = Arc::new(OnceLock::<Arc<Circuit>>::new());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (circuit_of, notes) = (Arc::clone(&own), Arc::clone(&seen));
    let circuit = Circuit::new(CircuitConfig::default(), now, 1, move |event| {
        let circuit = circuit_of.get().unwrap();
        notes.lock().unwrap().push((event.generation(), circuit.snapshot().generation));
        if event.generation() == 1 {
            circuit.set_mode(Mode::ForcedOpen, now);
        }
    });
    own.set(Arc::clone(&circuit)).unwrap();
    circuit.set_mode(Mode::ForcedClosed, now);
    assert_eq!(*seen.lock().unwrap(), [(1, 1), (2, 2)], "the second is told after the first, not within it");
}

#[test]
fn a_listener_that_panics_hears_the_next_event_all_the_same() {
    let now = Instant::now();
    let heard = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&heard);
    let circuit = Circuit::new(CircuitConfig::default(), now, 1, move |event| {
        count.fetch_add(1, Ordering::Relaxed);
        assert!(event.generation() > 1, "the first event is too much for it");
    });
    let panicked =
        std::thread::scope(|scope| scope.spawn(|| circuit.set_mode(Mode::ForcedOpen, now)).join().is_err());
    assert!(panicked);
    circuit.set_mode(Mode::ForcedClosed, now);
    assert_eq!(heard.load(Ordering::Relaxed), 2);
    assert!(circuit.acquire(now).is_ok());
}

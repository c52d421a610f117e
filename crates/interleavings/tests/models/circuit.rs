//! The circuit: its gate is read without the lock that its changes are made under.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use interleavings::{Circuit, CircuitConfig, Event, Mode, State, every_interleaving, spawn};

/// Opens at the second failure in a row, or the first of a half-open circuit; one probe, and then one more.
fn config() -> CircuitConfig {
    CircuitConfig { consecutive_failures: 2, probes: [1, 1], jitter: 0.0, ..CircuitConfig::default() }
}

fn quiet(config: CircuitConfig, now: Instant) -> Arc<Circuit> {
    Circuit::new(config, now, 1, |_| {})
}

/// Five seconds of being open, and the tick that ends them.
fn half_open(circuit: &Arc<Circuit>, now: Instant) -> Instant {
    let later = now + Duration::from_secs(5);
    circuit.tick(later);
    later
}

#[test]
fn no_failure_is_lost_so_that_as_many_as_configured_open_it_and_only_once() {
    every_interleaving(|| {
        let now = Instant::now();
        let openings = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&openings);
        let circuit = Circuit::new(config(), now, 1, move |event| {
            assert!(matches!(event, Event::Opened { .. }));
            count.fetch_add(1, Ordering::Relaxed);
        });
        let others = [(); 2].map(|()| {
            let circuit = Arc::clone(&circuit);
            spawn(move || {
                if let Ok(permit) = circuit.acquire(now) {
                    permit.fail(now, None);
                }
            })
        });
        if let Ok(permit) = circuit.acquire(now) {
            permit.fail(now, None);
        }
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(openings.load(Ordering::Relaxed), 1);
        let stands = circuit.snapshot();
        assert_eq!((stands.state, stands.generation), (State::Open, 1));
        assert!(circuit.acquire(now).is_err(), "the gate says what the machine says");
    });
}

#[test]
fn a_late_failure_never_opens_the_circuit_that_has_closed_again() {
    every_interleaving(|| {
        let now = Instant::now();
        let config = CircuitConfig { consecutive_failures: 1, ..config() };
        let circuit = quiet(config, now);
        let late = circuit.acquire(now).unwrap();
        circuit.acquire(now).unwrap().fail(now, None);
        let other = spawn(move || late.fail(now, None));
        let later = half_open(&circuit, now);
        for _ in 0..2 {
            circuit.acquire(later).unwrap().succeed(later);
        }
        other.join().unwrap();
        let stands = circuit.snapshot();
        assert_eq!((stands.state, stands.generation), (State::Closed, 3));
        assert_eq!((stands.consecutive_failures, stands.calls), (0, 0));
    });
}

#[test]
fn a_late_success_never_closes_a_half_open_circuit() {
    every_interleaving(|| {
        let now = Instant::now();
        let config = CircuitConfig { consecutive_failures: 1, ..config() };
        let circuit = quiet(config, now);
        let late = [(); 2].map(|()| circuit.acquire(now).unwrap());
        let last = circuit.acquire(now).unwrap();
        let others = late.map(|permit| spawn(move || permit.succeed(now)));
        last.fail(now, None);
        let later = half_open(&circuit, now);
        let probe = circuit.acquire(later).unwrap();
        others.into_iter().for_each(|other| other.join().unwrap());
        let stands = circuit.snapshot();
        assert_eq!((stands.state, stands.generation), (State::HalfOpen, 2));
        assert_eq!(stands.probes_outstanding, 1);
        drop(probe);
    });
}

#[test]
fn a_probe_of_an_earlier_half_open_time_decides_nothing_in_a_later_one() {
    every_interleaving(|| {
        let now = Instant::now();
        let circuit = quiet(CircuitConfig { consecutive_failures: 1, probes: [2, 1], ..config() }, now);
        circuit.acquire(now).unwrap().fail(now, None);
        let later = half_open(&circuit, now);
        let (old, failing) = (circuit.acquire(later).unwrap(), circuit.acquire(later).unwrap());
        let other = spawn(move || old.fail(later, None));
        failing.fail(later, None);
        // Whichever of them came first has opened it, for ten seconds, and the other was no news.
        let latest = later + Duration::from_secs(10);
        circuit.tick(latest);
        let probe = circuit.acquire(latest).unwrap();
        other.join().unwrap();
        let stands = circuit.snapshot();
        assert_eq!((stands.state, stands.generation, stands.probes_outstanding), (State::HalfOpen, 4, 1));
        drop(probe);
    });
}

#[test]
fn never_more_probes_than_configured_are_out_and_a_dropped_one_gives_its_place_back() {
    every_interleaving(|| {
        let now = Instant::now();
        let circuit = quiet(CircuitConfig { consecutive_failures: 1, ..config() }, now);
        circuit.acquire(now).unwrap().fail(now, None);
        let later = half_open(&circuit, now);
        let (out, granted) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let ask = move |circuit: &Arc<Circuit>, out: &Arc<AtomicU32>, granted: &Arc<AtomicU32>| {
            let Ok(probe) = circuit.acquire(later) else { return };
            assert!(probe.is_probe());
            assert_eq!(out.fetch_add(1, Ordering::Relaxed), 0, "one at a time");
            granted.fetch_add(1, Ordering::Relaxed);
            circuit.snapshot();
            out.fetch_sub(1, Ordering::Relaxed);
            drop(probe);
        };
        let others = [(); 2].map(|()| {
            let (circuit, out, granted) = (Arc::clone(&circuit), Arc::clone(&out), Arc::clone(&granted));
            spawn(move || ask(&circuit, &out, &granted))
        });
        others.into_iter().for_each(|other| other.join().unwrap());
        assert!(granted.load(Ordering::Relaxed) >= 1);
        assert_eq!(circuit.snapshot().probes_outstanding, 0);
        assert!(circuit.acquire(later).is_ok(), "no place has leaked");
    });
}

#[test]
fn of_all_who_race_for_the_last_place_at_most_one_is_a_probe() {
    every_interleaving(|| {
        let now = Instant::now();
        let circuit = quiet(CircuitConfig { consecutive_failures: 1, ..config() }, now);
        circuit.acquire(now).unwrap().fail(now, None);
        let later = now + Duration::from_secs(5);
        // Those who ask race with the tick as well.
        let others = [(); 2].map(|()| {
            let circuit = Arc::clone(&circuit);
            spawn(move || circuit.acquire(later).ok())
        });
        circuit.tick(later);
        let probes = others.map(|other| other.join().unwrap());
        let out = probes.iter().flatten().count();
        assert!(out <= 1);
        assert_eq!(circuit.snapshot().probes_outstanding, out);
    });
}

#[test]
fn nobody_is_let_through_once_a_person_has_closed_the_gate() {
    every_interleaving(|| {
        let now = Instant::now();
        let circuit = quiet(config(), now);
        let forced = Arc::new(loom::sync::atomic::AtomicBool::new(false));
        let other = {
            let (circuit, forced) = (Arc::clone(&circuit), Arc::clone(&forced));
            spawn(move || {
                let too_late = forced.load(Ordering::Acquire);
                let let_through = circuit.acquire(now);
                assert!(!(too_late && let_through.is_ok()));
            })
        };
        circuit.set_mode(Mode::ForcedOpen, now);
        forced.store(true, Ordering::Release);
        other.join().unwrap();
    });
}

#[test]
fn every_event_is_told_once_and_in_order_whichever_thread_tells_it() {
    every_interleaving(|| {
        let now = Instant::now();
        let told = Arc::new(Mutex::new(Vec::new()));
        let (notes, between) = (Arc::clone(&told), loom::sync::atomic::AtomicU32::new(0));
        let circuit = Circuit::new(config(), now, 1, move |event| {
            // What lets the others in between the telling of one event and of the next.
            between.fetch_add(1, Ordering::Relaxed);
            notes.lock().unwrap().push(event.generation());
        });
        let other = {
            let circuit = Arc::clone(&circuit);
            spawn(move || {
                circuit.set_mode(Mode::ForcedOpen, now);
                circuit.set_mode(Mode::Automatic, now);
            })
        };
        circuit.set_mode(Mode::ForcedClosed, now);
        other.join().unwrap();
        let generations: Vec<_> = (1..=circuit.snapshot().generation).collect();
        assert_eq!(*told.lock().unwrap(), generations);
    });
}

#[test]
fn a_slow_call_is_counted_once_however_it_ends() {
    every_interleaving(|| {
        let now = Instant::now();
        let circuit = quiet(config(), now);
        let mut dropped = circuit.acquire(now).unwrap();
        let mut ended = circuit.acquire(now).unwrap();
        let others = [
            spawn(move || {
                dropped.slow(now);
                drop(dropped);
            }),
            spawn(move || {
                ended.slow(now);
                ended.succeed(now);
            }),
        ];
        others.into_iter().for_each(|other| other.join().unwrap());
        let stands = circuit.snapshot();
        assert_eq!((stands.slow, stands.calls), (1, 1));
    });
}

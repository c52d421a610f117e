//! The concurrency limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use interleavings::{AimdLimit, Slot, every_interleaving, interleavings_with_preemptions, spawn};

/// A limit that successes have raised to `to`.
fn raised(to: u32, max: u32) -> Arc<AimdLimit> {
    let limit = AimdLimit::new(1, max);
    while limit.limit() < to {
        limit.try_acquire().unwrap().succeed();
    }
    limit
}

#[test]
fn never_more_are_in_flight_than_the_cap_and_no_place_leaks() {
    let ends: [fn(Slot); 3] = [Slot::succeed, Slot::fail, drop];
    for end in ends {
        interleavings_with_preemptions(2, move || {
            let limit = raised(2, 2);
            let out = Arc::new(AtomicU32::new(0));
            let ask = |limit: &Arc<AimdLimit>, out: &Arc<AtomicU32>, end: fn(Slot)| {
                let Some(slot) = limit.try_acquire() else { return };
                assert!(out.fetch_add(1, Ordering::Relaxed) < 2);
                limit.limit();
                out.fetch_sub(1, Ordering::Relaxed);
                end(slot);
            };
            let others = [end, drop].map(|end| {
                let (limit, out) = (Arc::clone(&limit), Arc::clone(&out));
                spawn(move || ask(&limit, &out, end))
            });
            ask(&limit, &out, end);
            others.into_iter().for_each(|other| other.join().unwrap());
            assert_eq!(limit.in_flight(), 0);
            assert!((1..=2).contains(&limit.limit()));
        });
    }
}

#[test]
fn one_collapse_halves_it_once() {
    every_interleaving(|| {
        let limit = raised(4, 8);
        let slots = [(); 2].map(|()| limit.try_acquire().unwrap());
        let others = slots.map(|slot| spawn(move || slot.fail()));
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!((limit.limit(), limit.in_flight()), (2, 0));
    });
}

#[test]
fn a_reset_outlives_the_failures_that_were_in_flight() {
    every_interleaving(|| {
        let limit = raised(4, 8);
        let slots = [(); 2].map(|()| limit.try_acquire().unwrap());
        let others = slots.map(|slot| spawn(move || slot.fail()));
        limit.reset();
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!((limit.limit(), limit.in_flight()), (1, 0));
    });
}

#[test]
fn no_success_is_lost_so_that_a_round_of_them_raises_it() {
    every_interleaving(|| {
        let limit = raised(2, 8);
        let slots = [(); 2].map(|()| limit.try_acquire().unwrap());
        let others = slots.map(|slot| spawn(move || slot.succeed()));
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!((limit.limit(), limit.in_flight()), (3, 0));
    });
}

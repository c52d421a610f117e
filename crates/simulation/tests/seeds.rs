//! Seeds of the simulation, as many as a test run can wait for. `simulate` runs millions.
#![allow(clippy::unwrap_used)]

use simulation::{Backend, Counts, Cuts, Outcome, Plan, run};
use std::{sync::Mutex, thread};

/// Runs the seeds on two threads; what was seen, and what failed.
fn run_all(seeds: u64, from: u64, backend: Backend) -> (Counts, Vec<String>) {
    let seen = Mutex::new((Counts::default(), Vec::new()));
    thread::scope(|scope| {
        for half in 0..2 {
            let seen = &seen;
            scope.spawn(move || {
                for seed in (from + half..from + seeds).step_by(2) {
                    let Outcome { violation, counts, .. } = run(&Plan::of(seed), backend, false);
                    let mut seen = seen.lock().unwrap();
                    seen.0.merge(&counts);
                    if let Some(violation) = violation {
                        let replay = format!("cargo run --release -p simulation -- --seed {seed} --trace");
                        seen.1.push(format!("seed {seed}: {violation}\n  replay: {replay}"));
                    }
                }
            });
        }
    });
    seen.into_inner().unwrap()
}

#[test]
fn no_schedule_of_faults_breaks_a_promise() {
    let (_, failed) = run_all(500, 0, Backend::Memory);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
#[ignore = "takes minutes unoptimised; cargo test --release -p simulation -- --ignored"]
fn nor_do_twenty_thousand_and_every_kind_of_fault_is_among_them() {
    let (seen, failed) = run_all(20_000, 0, Backend::Memory);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    // What was never seen was never tested.
    for (what, count) in seen.iter() {
        assert!(count > 0, "in 20,000 seeds never seen: {what}");
    }
}

#[test]
fn nor_does_one_on_the_real_sqlite_store() {
    let (_, failed) = run_all(60, 1_000_000, Backend::Sqlite);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_same_seed_happens_the_same_way_twice() {
    let mut fingerprints = Vec::new();
    for seed in 0..100 {
        let plan = Plan::of(seed);
        let first = run(&plan, Backend::Memory, false);
        assert_eq!(first, run(&plan, Backend::Memory, false), "seed {seed}");
        fingerprints.push(first.fingerprint);
    }
    fingerprints.sort();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 100, "each seed is a world of its own");
}

/// The store is a part of what is simulated: which one it is must not matter.
#[test]
fn a_seed_happens_on_sqlite_as_it_does_in_memory() {
    for seed in 0..5 {
        let plan = Plan { instances: 1, endings: Vec::new(), ..Plan::of(seed) };
        let plan = on_the_first_instance(plan);
        let (memory, sqlite) = (run(&plan, Backend::Memory, false), run(&plan, Backend::Sqlite, false));
        assert_eq!(memory, sqlite, "seed {seed}");
    }
}

fn on_the_first_instance(mut plan: Plan) -> Plan {
    plan.acts.iter_mut().for_each(|act| act.instance = 0);
    for diner in &mut plan.diners {
        diner.instance = 0;
        diner.repeats.iter_mut().for_each(|(_, instance)| *instance = 0);
        if let Some((_, instance)) = &mut diner.cancels {
            *instance = 0;
        }
    }
    plan
}

#[test]
fn what_failed_once_does_not_fail_again() {
    let lines = include_str!("../regressions.txt").lines();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let cuts: Cuts = line.parse().unwrap();
        for plan in [cuts.plan(), Plan::of(cuts.seed)] {
            assert_eq!(run(&plan, Backend::Memory, false).violation, None, "{line}");
        }
    }
}

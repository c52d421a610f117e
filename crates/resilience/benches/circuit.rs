//! What a call pays for the circuit (P13), the clock handed in.
//!
//! The samples are long because threads that run for microseconds do not overlap, and then nothing is contended.

use std::time::Instant;

use divan::{Bencher, black_box};
use resilience::{Circuit, CircuitConfig, Mode};

fn main() {
    divan::main();
}

#[divan::bench(threads = [1, 2], sample_count = 20, sample_size = 2_000_000)]
fn closed_acquire_and_succeed(bencher: Bencher) {
    let now = Instant::now();
    let circuit = Circuit::new(CircuitConfig::default(), now, 1, |_| {});
    bencher.bench(|| {
        let permit = black_box(&circuit).acquire(black_box(now));
        permit.expect("a closed circuit lets calls through").succeed(black_box(now));
    });
}

#[divan::bench(threads = [1, 2], sample_count = 20, sample_size = 2_000_000)]
fn open_refusal(bencher: Bencher) {
    let now = Instant::now();
    let circuit = Circuit::new(CircuitConfig::default(), now, 1, |_| {});
    circuit.set_mode(Mode::ForcedOpen, now);
    bencher.bench(|| black_box(&circuit).acquire(black_box(now)).is_err());
}

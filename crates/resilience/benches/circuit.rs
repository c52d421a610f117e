//! What a call pays for the circuit while it is closed: `acquire` and `succeed`, the clock handed in (P13).

use std::sync::Arc;
use std::time::Instant;

use divan::{Bencher, black_box};
use resilience::{Circuit, CircuitConfig};

fn main() {
    divan::main();
}

#[divan::bench(threads = [1, 2], sample_size = 10_000)]
fn closed_acquire_and_succeed(bencher: Bencher) {
    let now = Instant::now();
    let circuit = Circuit::new(CircuitConfig::default(), now, 1, |_| {});
    bencher.bench(|| {
        let permit = black_box(&circuit).acquire(black_box(now));
        permit.expect("a closed circuit lets calls through").succeed(black_box(now));
    });
    assert_eq!(Arc::strong_count(&circuit), 1);
}

#[divan::bench(threads = [1, 2], sample_size = 10_000)]
fn open_refusal(bencher: Bencher) {
    let now = Instant::now();
    let circuit = Circuit::new(CircuitConfig::default(), now, 1, |_| {});
    circuit.set_mode(resilience::Mode::ForcedOpen, now);
    bencher.bench(|| black_box(&circuit).acquire(black_box(now)).map(drop));
}

//! How a model is run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// A stack's size in words: enough for SQLite, where loom's own would not be.
pub(crate) const STACK: usize = 0x8000;

/// Runs `body` once for each order in which its threads can meet. Threads are started with [`spawn`].
///
/// # Panics
/// When one of them panics or waits for ever, with what happened in it.
pub fn every_interleaving(body: impl Fn() + Send + Sync + 'static) {
    explore(None, body)
}

/// The same, but only orders in which threads are interrupted at most `preemptions` times in the middle of their work:
/// what a larger model has time for. A thread that waits is no interruption. `LOOM_MAX_PREEMPTIONS` asks for more.
///
/// # Panics
/// As [`every_interleaving`].
pub fn interleavings_with_preemptions(preemptions: usize, body: impl Fn() + Send + Sync + 'static) {
    explore(Some(preemptions), body)
}

/// Starts a thread of a model.
///
/// # Panics
/// When loom has no more threads.
pub fn spawn<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> loom::thread::JoinHandle<T> {
    let thread = loom::thread::Builder::new().stack_size(STACK).spawn(body);
    thread.expect("a model's thread is no thread of the operating system, which alone could refuse it")
}

fn explore(preemptions: Option<usize>, body: impl Fn() + Send + Sync + 'static) {
    let (begun, interleavings) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let count = Arc::clone(&interleavings);
    let mut model = loom::model::Builder::new();
    model.preemption_bound = preemptions.map(|few| model.preemption_bound.unwrap_or(few));
    model.max_branches = 10_000;
    model.check(move || {
        count.fetch_add(1, Ordering::Relaxed);
        body();
    });
    let (walked, took) = (interleavings.load(Ordering::Relaxed), begun.elapsed());
    assert!(walked > 1, "the threads of this model never meet");
    println!("{walked} interleavings in {took:.1?}");
}

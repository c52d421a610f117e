//! What everything in a simulated world shares: its time, its chance, what it has counted, and what went wrong.

use crate::{
    counts::{Count, Counts},
    leases::Leases,
    plan::{Plan, Trouble},
};
use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// When every world begins, by its database's clock.
const GENESIS: i64 = 1_764_670_200_000;

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The promise's name.
    pub invariant: &'static str,
    /// What happened instead.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

/// The world of one seed.
pub(crate) struct World {
    pub(crate) plan: Plan,
    start: Instant,
    /// The database's clock, in milliseconds since the epoch, as of the last look at it.
    pub(crate) database_clock: Arc<AtomicI64>,
    set_off: AtomicI64,
    pub(crate) leases: Leases,
    calm: AtomicBool,
    broken: Notify,
    /// Tells of everything that happens.
    verbose: bool,
    inner: Mutex<Inner>,
}

struct Inner {
    rng: fastrand::Rng,
    hash: u64,
    counts: Counts,
    violation: Option<Violation>,
}

/// What a verb of the store meets.
pub(crate) enum Meets {
    /// Nothing: it is done.
    Nothing,
    /// It fails, and nothing has happened.
    Failure,
    /// It fails, and it has happened.
    LostAnswer,
}

impl World {
    pub(crate) fn new(plan: Plan, verbose: bool) -> Arc<Self> {
        let rng = fastrand::Rng::with_seed(plan.seed ^ 0x00c0_ffee_0000_0001);
        let inner = Inner { rng, hash: 0xcbf2_9ce4_8422_2325, counts: Counts::default(), violation: None };
        Arc::new(Self {
            plan,
            start: Instant::now(),
            database_clock: Arc::new(AtomicI64::new(GENESIS)),
            set_off: AtomicI64::new(0),
            leases: Leases::default(),
            calm: AtomicBool::new(false),
            broken: Notify::new(),
            verbose,
            inner: Mutex::new(inner),
        })
    }

    /// How long it has existed.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Chance.
    pub(crate) fn below(&self, end: u64) -> u64 {
        self.lock().rng.u64(..end.max(1))
    }

    pub(crate) fn percent(&self, chance: u8) -> bool {
        self.below(100) < u64::from(chance)
    }

    /// Sets the database's clock right, which nobody but us can do: simulated time stands still for other threads.
    pub(crate) fn set_database_clock(&self) {
        let now = GENESIS + self.elapsed().as_millis() as i64 + self.set_off.load(Ordering::Relaxed);
        self.database_clock.store(now, Ordering::Relaxed);
    }

    /// The database's clock jumps.
    pub(crate) fn jump(&self, by: i64) {
        self.set_off.fetch_add(by, Ordering::Relaxed);
        self.count(Count::ClockJump);
        self.event("world", "clock jumps", by, 0);
    }

    /// From now on nothing is made to go wrong any more.
    pub(crate) fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
        self.event("world", "faults stop", 0, 0);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    /// What the store's next verb meets, and how long it takes.
    pub(crate) fn store_weather(&self, write: bool) -> (Duration, Meets) {
        if self.is_calm() {
            return (Duration::ZERO, Meets::Nothing);
        }
        let now = self.elapsed();
        let (mut latency, mut meets) = (Duration::ZERO, Meets::Nothing);
        for spell in self.plan.spells.iter().filter(|spell| (spell.from..spell.until).contains(&now)) {
            match spell.trouble {
                Trouble::Slow(most) => {
                    self.count(Count::StoreSlow);
                    latency = Duration::from_millis(self.below(most.as_millis() as u64));
                }
                Trouble::Full if write => {
                    self.count(Count::StoreFull);
                    meets = Meets::Failure;
                }
                Trouble::Failing(chance, lost) if self.percent(chance) => {
                    meets = if write && self.percent(lost) {
                        self.count(Count::StoreLostAnswer);
                        Meets::LostAnswer
                    } else {
                        self.count(Count::StoreFailed);
                        Meets::Failure
                    };
                }
                Trouble::Full | Trouble::Failing(..) => {}
            }
        }
        if latency.is_zero() && self.below(4) == 0 {
            latency = Duration::from_millis(self.below(6));
        }
        (latency, meets)
    }

    /// Something happened at an edge of an instance: it goes into the fingerprint of the run.
    pub(crate) fn event(&self, who: impl fmt::Display, what: &'static str, a: i64, b: i64) {
        let now = self.elapsed().as_millis() as u64;
        if self.verbose {
            println!("{:>10.3} {who} {what} {a} {b}", now as f64 / 1e3);
        }
        let hash = &mut self.lock().hash;
        for word in [now, a as u64, b as u64] {
            *hash = (*hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(17);
        }
        for byte in what.bytes() {
            *hash = (*hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub(crate) fn count(&self, what: Count) {
        self.lock().counts.add(what, 1);
    }

    pub(crate) fn count_many(&self, what: Count, many: u64) {
        self.lock().counts.add(what, many);
    }

    pub(crate) fn count_most(&self, what: Count, most: u64) {
        self.lock().counts.most(what, most);
    }

    /// A promise must hold.
    pub(crate) fn must(&self, holds: bool, invariant: &'static str, what: impl FnOnce() -> String) {
        if holds {
            return;
        }
        let violation = Violation { invariant, what: what() };
        if self.verbose {
            println!("{:>10.3} VIOLATION {violation}", self.elapsed().as_secs_f64());
        }
        self.lock().violation.get_or_insert(violation);
        self.broken.notify_one();
    }

    /// Waits until a promise is broken.
    pub(crate) async fn broken(&self) {
        self.broken.notified().await;
    }

    /// What the world came to.
    pub(crate) fn end(&self) -> (Option<Violation>, Counts, u64) {
        let inner = self.lock();
        (inner.violation.clone(), inner.counts, inner.hash)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What was seen while seeds ran: only what was seen can have been tested.

/// Things that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it, and the labels are below")]
pub enum Count {
    Orders,
    Replays,
    OrderErrors,
    HangUps,
    Calls,
    Verifications,
    Pizzas,
    Kills,
    Stops,
    Restarts,
    ClockJump,
    StoreVerbs,
    StoreSlow,
    StoreFailed,
    StoreLostAnswer,
    StoreFull,
    Mishap500,
    Mishap503,
    MishapRefused,
    MishapHangs,
    MishapLateSuccess,
    MishapLostAnswer,
    MishapMadeAnd500,
    MishapBadPizza,
    MishapEmpty,
    MishapKeysUnavailable,
    MishapThrottled,
    MishapRateLimited,
    MishapConflict,
    MishapUnauthorized,
    MishapSlow,
    PoisonRefused,
    PoisonFailed,
    SameKeyAgain,
    TwoCallsAtOnce,
    Openings,
    Rescues,
    Stale,
    Cancelled,
    CancelledTooLate,
    Redriven,
    Quarantined,
    Rejected,
    Fulfilled,
    ActsOfPeople,
    SimulatedSeconds,
    LongestDrain,
}

const LABELS: [&str; 47] = [
    "orders",
    "  repeated and recognised",
    "  answered with an error",
    "  diners who hung up",
    "calls to the factory",
    "verifications",
    "pizzas made",
    "instances killed",
    "instances stopped",
    "instances restarted",
    "jumps of the database's clock",
    "verbs of the store",
    "  slow",
    "  failed",
    "  failed, and happened",
    "  disk full",
    "mishap: 500",
    "mishap: 503",
    "mishap: refused",
    "mishap: no answer",
    "mishap: late success",
    "mishap: lost answer",
    "mishap: 500, and made",
    "mishap: bad pizza",
    "mishap: no token",
    "mishap: keys unavailable",
    "mishap: 32 s throttle",
    "mishap: 429",
    "mishap: 409",
    "mishap: 401",
    "mishap: slow",
    "mishap: refused for good",
    "mishap: poison",
    "same pizza under the same key",
    "two calls for one order at once",
    "circuits opened",
    "orders rescued",
    "late results that changed nothing",
    "orders cancelled",
    "  too late",
    "orders redriven",
    "orders that were quarantined",
    "orders rejected",
    "orders fulfilled",
    "acts of people",
    "simulated seconds",
    "longest drain, in seconds",
];

/// How often each was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts([u64; LABELS.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; LABELS.len()])
    }
}

impl Counts {
    pub(crate) fn add(&mut self, what: Count, many: u64) {
        self.0[what as usize] += many;
    }

    pub(crate) fn most(&mut self, what: Count, most: u64) {
        let seen = &mut self.0[what as usize];
        *seen = most.max(*seen);
    }

    /// How often it was seen.
    pub fn of(&self, what: Count) -> u64 {
        self.0[what as usize]
    }

    /// Adds what other seeds have seen.
    pub fn merge(&mut self, other: &Self) {
        let longest = self.of(Count::LongestDrain).max(other.of(Count::LongestDrain));
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum += more;
        }
        self.0[Count::LongestDrain as usize] = longest;
    }

    /// Every count with its name, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        LABELS.into_iter().zip(self.0)
    }
}

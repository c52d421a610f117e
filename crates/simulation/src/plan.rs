//! What a seed has in store: everything that will happen, decided before it begins.

use fastrand::Rng;
use service::config::{Config, LogBodies};
use std::time::Duration;

/// Everything that one seed decides. What happens *within* it, such as how long an answer takes, follows from the seed too.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// How the service is configured, on every instance.
    pub settings: Settings,
    /// Instances on the one store.
    pub instances: usize,
    /// Those who order.
    pub diners: Vec<Diner>,
    /// The factory's bad times. Of two at one time the later in this list counts.
    pub phases: Vec<Phase>,
    /// The store's bad times.
    pub spells: Vec<Spell>,
    /// How incarnations of instances end; those of one instance one after the other.
    pub endings: Vec<Ending>,
    /// When the database's clock jumps.
    pub jumps: Vec<Jump>,
    /// What people do to the kitchen.
    pub acts: Vec<Act>,
    /// When all faults stop at the latest.
    pub healed_at: Duration,
}

/// The part of the configuration that differs between seeds.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "they are the configuration's own names")]
pub struct Settings {
    pub fresh_in_flight: u32,
    pub backlog_in_flight: u32,
    pub lease: Duration,
    pub attempt_timeout: Duration,
    pub retries: u32,
    pub quarantine_after: u32,
    pub poll: Duration,
}

/// Somebody who orders once, and how they go about it.
#[derive(Clone, Debug)]
pub struct Diner {
    /// Who: also the number in their idempotency key. It stays theirs when others are taken out of the plan.
    pub number: i64,
    /// When they order.
    pub at: Duration,
    /// Where they ask first.
    pub instance: usize,
    /// Which franchise they order from.
    pub franchise: i64,
    /// How many pizzas.
    pub items: usize,
    /// Whether the order has an idempotency key. Who has one asks again until there is an answer.
    pub keyed: bool,
    /// How long they let the service wait for the pizza.
    pub wait: Duration,
    /// When they hang up without an answer.
    pub hangs_up_after: Option<Duration>,
    /// When, after the first time, the same request is sent again, and where.
    pub repeats: Vec<(Duration, usize)>,
    /// When, after it was acknowledged, they cancel it, and where.
    pub cancels: Option<(Duration, usize)>,
    /// What the factory has against this very order.
    pub poison: Poison,
}

/// What the factory has against an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poison {
    /// Nothing.
    None,
    /// It refuses it for good, with this status.
    Refused(u16),
    /// It fails it with a 500 as long as there are faults.
    Fails,
}

/// A span of time in which the factory behaves like this.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// From when.
    pub from: Duration,
    /// Until when.
    pub until: Duration,
    /// How it behaves.
    pub weather: Weather,
}

/// How the factory behaves.
#[derive(Clone, Copy, Debug)]
pub enum Weather {
    /// Every call meets this mishap.
    All(Mishap),
    /// A call meets the mishap with this probability, in percent.
    Some(Mishap, u8),
    /// A call meets any mishap with this probability, in percent.
    Mixed(u8),
    /// The mishap comes and goes with this period.
    Flapping(Mishap, Duration),
}

/// What can happen to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// 500, and nothing is made.
    Status500,
    /// 503 with `Retry-After`.
    Status503,
    /// The connection is refused.
    Refused,
    /// No answer ever, and nothing is made.
    Hangs,
    /// No answer in time, and the pizza is made, at once or later.
    LateSuccess,
    /// The pizza is made and the answer is lost.
    LostAnswer,
    /// 500, although the pizza was made.
    MadeAnd500,
    /// 200 with a token that is no pizza.
    BadPizza,
    /// 200 without a token.
    Empty,
    /// The pizza is made, and nobody can fetch the keys to verify it.
    KeysUnavailable,
    /// 32 s, then the pizza.
    Throttled,
    /// 429 with `Retry-After`.
    RateLimited,
    /// 409: an earlier attempt is said to be under way.
    Conflict,
    /// 401.
    Unauthorized,
    /// 5 to 20 s, then the pizza.
    Slow,
}

impl Mishap {
    /// Each of them.
    pub const ALL: [Self; 15] = [
        Self::Status500,
        Self::Status503,
        Self::Refused,
        Self::Hangs,
        Self::LateSuccess,
        Self::LostAnswer,
        Self::MadeAnd500,
        Self::BadPizza,
        Self::Empty,
        Self::KeysUnavailable,
        Self::Throttled,
        Self::RateLimited,
        Self::Conflict,
        Self::Unauthorized,
        Self::Slow,
    ];
}

/// A span of time in which the store behaves like this.
#[derive(Clone, Copy, Debug)]
pub struct Spell {
    /// From when.
    pub from: Duration,
    /// Until when.
    pub until: Duration,
    /// How it behaves.
    pub trouble: Trouble,
}

/// What is the matter with the store.
#[derive(Clone, Copy, Debug)]
pub enum Trouble {
    /// Every verb takes up to so long.
    Slow(Duration),
    /// A verb fails with this probability, in percent; a write that fails has happened with the second one.
    Failing(u8, u8),
    /// The disk is full: writes fail, reads do not.
    Full,
}

/// How one incarnation of an instance ends.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// Which instance.
    pub instance: usize,
    /// How.
    pub how: End,
    /// How long until it is started again.
    pub down_for: Duration,
}

/// How an incarnation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is killed on its way to the store or the factory for the n-th time, before anything happens there.
    BeforeEdge(u64),
    /// It is killed on its way back from there.
    AfterEdge(u64),
    /// It is killed so long after its start.
    Killed(Duration),
    /// It is asked to stop so long after its start, with this grace.
    Stopped(Duration, Duration),
}

/// A jump of the database's clock.
#[derive(Clone, Copy, Debug)]
pub struct Jump {
    /// When.
    pub at: Duration,
    /// By so many milliseconds.
    pub by: i64,
}

/// Something that a person does.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    /// When.
    pub at: Duration,
    /// On which instance.
    pub instance: usize,
    /// What.
    pub what: Doing,
}

/// What a person can do to the kitchen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Doing {
    ForceOpen,
    ForceClosed,
    Automatic,
    Pause,
    Resume,
    Chaos,
    NoChaos,
    RedriveAll,
}

impl Plan {
    /// The plan of a seed.
    pub fn of(seed: u64) -> Self {
        let rng = &mut Rng::with_seed(seed ^ 0x5eed_0f01_2a2a_0000);
        let instances = *rng.choice(&[1, 1, 2, 2, 3]).unwrap_or(&1);
        // How long faults may go on.
        let longest = *rng.choice(&[20, 60, 180]).unwrap_or(&60);
        let span = secs(rng.u64(5..=longest));
        let mut plan = Self {
            seed,
            settings: settings(rng),
            instances,
            diners: diners(rng, instances, span),
            phases: phases(rng, span),
            spells: spells(rng, span),
            endings: endings(rng, instances, span),
            jumps: jumps(rng, span),
            acts: acts(rng, instances, span),
            healed_at: span,
        };
        plan.healed_at = plan.healed_at.max(secs(1));
        plan
    }

    /// The configuration of the instances.
    pub fn config(&self) -> Config {
        let mut config = Config::default();
        let settings = self.settings;
        config.fulfilment.fresh_in_flight = settings.fresh_in_flight;
        config.fulfilment.backlog_in_flight = settings.backlog_in_flight;
        config.fulfilment.lease = settings.lease;
        config.fulfilment.retries = settings.retries;
        config.fulfilment.quarantine_after = settings.quarantine_after;
        config.fulfilment.poll = settings.poll;
        config.factory.attempt_timeout = settings.attempt_timeout;
        config.log.bodies = LogBodies::None;
        config
    }

    /// By how much the database's clock goes back, all in all: so much longer a due date or a lease may lie ahead.
    pub fn set_back(&self) -> Duration {
        let back: i64 = self.jumps.iter().map(|jump| (-jump.by).max(0)).sum();
        Duration::from_millis(back.unsigned_abs())
    }
}

fn settings(rng: &mut Rng) -> Settings {
    let attempt_timeout = if rng.u8(..4) == 0 { secs(10) } else { secs(40) };
    Settings {
        fresh_in_flight: *rng.choice(&[1, 2, 4, 32]).unwrap_or(&32),
        backlog_in_flight: *rng.choice(&[1, 2, 4, 32]).unwrap_or(&32),
        lease: attempt_timeout * 3 / 2,
        attempt_timeout,
        retries: *rng.choice(&[0, 1, 2, 2, 2]).unwrap_or(&2),
        quarantine_after: *rng.choice(&[2, 3, 10]).unwrap_or(&10),
        poll: *rng.choice(&[ms(500), secs(2), secs(5)]).unwrap_or(&secs(5)),
    }
}

fn diners(rng: &mut Rng, instances: usize, span: Duration) -> Vec<Diner> {
    let many = *rng.choice(&[8, 12, 24, 40]).unwrap_or(&8);
    let count = rng.usize(3..=many);
    let at = arrivals(rng, count, span);
    let poisonous = if rng.u8(..3) == 0 { rng.u8(..40) } else { 0 };
    let franchises = rng.i64(1..=3);
    at.into_iter()
        .zip(1..)
        .map(|(at, number)| Diner {
            number,
            at,
            instance: rng.usize(..instances),
            // Uneven: half of all orders are the first one's.
            franchise: if rng.bool() { 1 } else { rng.i64(1..=franchises) },
            items: rng.usize(1..=3),
            keyed: rng.u8(..4) > 0,
            wait: *rng.choice(&[Duration::ZERO, ms(300), secs(5), secs(30)]).unwrap_or(&secs(5)),
            hangs_up_after: one_in(rng, 5).then(|| ms(rng.u64(..4000))),
            repeats: (0..rng.u8(..8).saturating_sub(5))
                .map(|_| (ms(rng.u64(..5000)), rng.usize(..instances)))
                .collect(),
            cancels: one_in(rng, 6).then(|| (ms(rng.u64(..20_000)), rng.usize(..instances))),
            poison: if rng.u8(..100) >= poisonous {
                Poison::None
            } else if rng.bool() {
                Poison::Refused(*rng.choice(&[400, 413, 422]).unwrap_or(&422))
            } else {
                Poison::Fails
            },
        })
        .collect()
}

/// Steady, in one burst, or in a few of them with nothing between.
fn arrivals(rng: &mut Rng, count: usize, span: Duration) -> Vec<Duration> {
    let last = span.as_millis() as u64;
    let bursts: Vec<u64> = (0..rng.usize(1..=3)).map(|_| rng.u64(..last)).collect();
    let steady = rng.u8(..3) > 0;
    let one = |_| match rng.choice(&bursts) {
        Some(burst) if !steady => ms(burst + rng.u64(..200)),
        _ => ms(rng.u64(..last)),
    };
    (0..count).map(one).collect()
}

fn phases(rng: &mut Rng, span: Duration) -> Vec<Phase> {
    let count = *rng.choice(&[0, 1, 1, 2, 3, 5]).unwrap_or(&1);
    (0..count)
        .map(|_| {
            let (from, until) = part(rng, span);
            let mishap = *rng.choice(&Mishap::ALL).unwrap_or(&Mishap::Status500);
            let weather = match rng.u8(..6) {
                0 | 1 => Weather::All(mishap),
                2 => Weather::All(Mishap::Status500),
                3 => Weather::Some(mishap, rng.u8(10..90)),
                4 => Weather::Mixed(rng.u8(10..100)),
                _ => Weather::Flapping(mishap, ms(rng.u64(500..8000))),
            };
            Phase { from, until, weather }
        })
        .collect()
}

fn spells(rng: &mut Rng, span: Duration) -> Vec<Spell> {
    let count = *rng.choice(&[0, 0, 0, 1, 2]).unwrap_or(&0);
    (0..count)
        .map(|_| {
            let (from, until) = part(rng, span);
            let trouble = match rng.u8(..4) {
                0 => Trouble::Slow(ms(rng.u64(100..15_000))),
                1 | 2 => Trouble::Failing(rng.u8(5..100), rng.u8(..100)),
                _ => Trouble::Full,
            };
            Spell { from, until, trouble }
        })
        .collect()
}

fn endings(rng: &mut Rng, instances: usize, span: Duration) -> Vec<Ending> {
    let count = *rng.choice(&[0, 0, 1, 1, 2, 4]).unwrap_or(&0);
    let last = span.as_millis() as u64;
    (0..count)
        .map(|_| Ending {
            instance: rng.usize(..instances),
            how: match rng.u8(..8) {
                0..=2 => End::BeforeEdge(rng.u64(..60)),
                3..=5 => End::AfterEdge(rng.u64(..60)),
                6 => End::Killed(ms(rng.u64(..last))),
                _ => End::Stopped(ms(rng.u64(..last)), ms(rng.u64(..8000))),
            },
            down_for: ms(rng.u64(..20_000)),
        })
        .collect()
}

fn jumps(rng: &mut Rng, span: Duration) -> Vec<Jump> {
    let count = *rng.choice(&[0, 0, 0, 0, 1, 2]).unwrap_or(&0);
    let jump = |rng: &mut Rng| {
        let far = *rng.choice(&[2_000, 30_000, 120_000]).unwrap_or(&2000);
        // Forward, hours are no harder than minutes.
        let by = if one_in(rng, 4) { rng.i64(0..7_200_000) } else { rng.i64(-far..far) };
        Jump { at: ms(rng.u64(..span.as_millis() as u64)), by }
    };
    (0..count).map(|_| jump(rng)).collect()
}

fn acts(rng: &mut Rng, instances: usize, span: Duration) -> Vec<Act> {
    use Doing::{Automatic, Chaos, ForceClosed, ForceOpen, NoChaos, Pause, RedriveAll, Resume};
    let all = [
        ForceOpen,
        ForceClosed,
        Automatic,
        Automatic,
        Pause,
        Resume,
        Resume,
        Chaos,
        NoChaos,
        RedriveAll,
        RedriveAll,
    ];
    let count = *rng.choice(&[0, 0, 0, 2, 5]).unwrap_or(&0);
    let act = |rng: &mut Rng| Act {
        at: ms(rng.u64(..span.as_millis() as u64)),
        instance: rng.usize(..instances),
        what: *rng.choice(&all).unwrap_or(&Automatic),
    };
    let mut acts: Vec<_> = (0..count).map(|_| act(rng)).collect();
    acts.sort_by_key(|act| act.at);
    acts
}

/// A part of the span.
fn part(rng: &mut Rng, span: Duration) -> (Duration, Duration) {
    let last = span.as_millis() as u64;
    let [a, b] = [rng.u64(..last), rng.u64(..=last)];
    (ms(a.min(b)), ms(a.max(b)))
}

fn one_in(rng: &mut Rng, n: u8) -> bool {
    rng.u8(..n) == 0
}

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

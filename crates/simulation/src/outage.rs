//! A clear outage, and whether the alert rules tell of it as it was: they are evaluated over the metrics that the real
//! kitchen wrote.

use crate::{
    Violation,
    plan::{Diner, Mishap, Phase, Plan, Poison, Weather, ms, secs},
    run::{Database, Scene, paused_runtime},
    world::World,
};
use alerting::{Evaluator, Pace, Rules, Snapshot, State};
use jiff::{SignedDuration, Timestamp};
use std::{sync::Arc, time::Duration};
use telemetry::{Metrics, MetricsOptions};
use tokio::time::sleep;

const RULE: &str = "factory-success-rate";
/// How often our metrics are read, as the service does it.
const SCRAPE_EVERY: Duration = Duration::from_secs(5);
/// What the factory does in an outage that nobody can overlook.
const TOTAL: [Mishap; 6] = [
    Mishap::Status500,
    Mishap::Status503,
    Mishap::Refused,
    Mishap::BadPizza,
    Mishap::Unauthorized,
    Mishap::KeysUnavailable,
];

/// How one total outage went, and what the rule of the factory's success rate said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutageSeen {
    /// When it began.
    pub from: Duration,
    /// When it was over.
    pub until: Duration,
    /// The rule's states, and since when.
    pub states: Vec<(Duration, State)>,
}

/// Runs a seed's outage: of some minutes, with orders all the time. Answers what the rule said, or which promise about
/// it was broken.
pub fn watch_outage(seed: u64) -> Result<OutageSeen, Violation> {
    let rng = &mut fastrand::Rng::with_seed(seed);
    let from = secs(rng.u64(120..300));
    let until = from + secs(rng.u64(180..900));
    let plan = plan(seed, rng, from, until);
    let metrics = Metrics::new(MetricsOptions::new("simulated")).expect("no collector is configured");
    let states = paused_runtime(seed).block_on(states(plan, Arc::new(metrics), until + secs(600)));
    let seen = OutageSeen { from, until, states };
    match seen.broken() {
        Some(what) => {
            Err(Violation { invariant: "the alert follows the outage", what: format!("{what}: {seen:?}") })
        }
        None => Ok(seen),
    }
}

impl OutageSeen {
    /// The report of 2 December, as a rule: Pending at once, Alerting after a minute, Normal when it is over.
    fn broken(&self) -> Option<&'static str> {
        let order: Vec<_> = self.states.iter().map(|(_, state)| *state).collect();
        if order != [State::Pending, State::Alerting, State::Recovering, State::Normal] {
            return Some("one outage is one alert");
        }
        let [pending, alerting, _, normal] = [0, 1, 2, 3].map(|n| self.states[n].0);
        // Calls fail half a minute or less, and one look at the metrics later it is known.
        if pending < self.from || pending > self.from + secs(30) + SCRAPE_EVERY {
            return Some("it is Pending within half a minute");
        }
        if alerting < pending + secs(60) || alerting > pending + secs(60) + SCRAPE_EVERY {
            return Some("it is Alerting a minute later");
        }
        // The longest time that the circuit stays open, the probes, two minutes of Recovering.
        if normal < self.until || normal > self.until + secs(72 + 30 + 120) + 2 * SCRAPE_EVERY {
            return Some("it is Normal when the factory is back");
        }
        None
    }
}

fn plan(seed: u64, rng: &mut fastrand::Rng, from: Duration, until: Duration) -> Plan {
    let mishap = *rng.choice(&TOTAL).unwrap_or(&Mishap::Status500);
    let gap = rng.u64(500..4000);
    let last = (until + secs(300)).as_millis() as u64;
    let diner = |number: i64| Diner {
        number,
        at: ms(gap * number.unsigned_abs()),
        instance: 0,
        franchise: 1,
        items: 1,
        keyed: true,
        wait: Duration::ZERO,
        hangs_up_after: None,
        repeats: Vec::new(),
        cancels: None,
        poison: Poison::None,
    };
    let mut plan = Plan::of(seed);
    plan.settings.attempt_timeout = secs(40);
    plan.settings.lease = secs(60);
    plan.settings.poll = ms(500);
    plan.instances = 1;
    plan.diners = (1..).map(diner).take_while(|diner| diner.at < ms(last)).collect();
    plan.phases = vec![Phase { from, until, weather: Weather::All(mishap) }];
    (plan.spells, plan.endings, plan.jumps, plan.acts) = Default::default();
    plan.healed_at = until;
    plan
}

/// The states of the rule, as the service's own watch would have seen them.
async fn states(plan: Plan, metrics: Arc<Metrics>, length: Duration) -> Vec<(Duration, State)> {
    let world = World::new(plan, false);
    let database = Database::open(&world, crate::Backend::Memory);
    let scene = Scene::set(&world, &database, Arc::clone(&metrics));
    let mut evaluator = Evaluator::new(Rules::built_in(Pace::REAL));
    let mut states = Vec::new();
    while world.elapsed() < length {
        sleep(SCRAPE_EVERY).await;
        let elapsed = world.elapsed();
        let at = Timestamp::UNIX_EPOCH + SignedDuration::try_from(elapsed).unwrap_or_default();
        let text = metrics.to_text().unwrap_or_default();
        evaluator.record(at, &Snapshot::parse(&text).unwrap_or_default());
        let transitions = evaluator.evaluate(at).transitions;
        let ours = transitions.iter().filter(|transition| transition.rule == RULE);
        states.extend(ours.map(|transition| (elapsed, transition.to)));
    }
    drop(scene);
    states
}

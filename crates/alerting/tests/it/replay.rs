//! What happened to a world, scrape by scrape, and what the rules made of it.

use crate::world::World;
use alerting::{Evaluator, Pace, Rules, Sample, Snapshot, State, Transition};
use jiff::Timestamp;

/// Seconds between scrapes.
pub const SCRAPE_EVERY: u64 = 15;
/// Seconds between evaluations.
pub const EVALUATE_EVERY: u64 = 30;

/// The scrapes of a while.
pub struct Replay {
    pub name: &'static str,
    /// In seconds.
    pub length: u64,
    /// By the second.
    pub scrapes: Vec<(u64, Snapshot)>,
}

impl Replay {
    /// Lets a world live for so many minutes. `second` is what happens in each second.
    pub fn of(name: &'static str, minutes: u64, mut second: impl FnMut(&mut World, u64)) -> Self {
        let mut world = World::new();
        let mut scrapes = Vec::new();
        for now in 0..=minutes * 60 {
            world.heartbeat(now);
            second(&mut world, now);
            if now.is_multiple_of(SCRAPE_EVERY) {
                scrapes.extend(world.scrape().map(|snapshot| (now, snapshot)));
            }
        }
        Self { name, length: minutes * 60, scrapes }
    }

    /// What our evaluator makes of it, at every evaluation.
    pub fn evaluate(&self) -> Vec<Seen> {
        let mut evaluator = Evaluator::new(Rules::all(Pace::REAL));
        let mut scrapes = self.scrapes.iter().peekable();
        let mut seen = Vec::new();
        for now in (0..=self.length).step_by(EVALUATE_EVERY as usize) {
            while let Some((at, snapshot)) = scrapes.next_if(|(at, _)| *at <= now) {
                evaluator.record(second(*at), snapshot);
            }
            let transitions = evaluator.evaluate(second(now)).transitions;
            seen.push(Seen::of(&evaluator, now, transitions));
        }
        seen
    }
}

/// What an evaluation saw.
pub struct Seen {
    /// In seconds.
    pub at: u64,
    pub transitions: Vec<Transition>,
    /// Name, severity, labels and state of each instance that is not Normal.
    pub alerts: Vec<(&'static str, &'static str, alerting::Labels, State)>,
    /// The value of each rule, as PromQL and as evaluated.
    pub values: Vec<(String, Vec<Sample>)>,
}

impl Seen {
    fn of(evaluator: &Evaluator, at: u64, transitions: Vec<Transition>) -> Self {
        let mut alerts = Vec::new();
        for status in evaluator.status() {
            for instance in status.instances {
                let labels = instance.labels.clone();
                alerts.push((status.rule.name, status.rule.severity.as_str(), labels, instance.state));
            }
        }
        let value = |rule: &alerting::Rule| {
            (rule.value.to_string(), rule.value.evaluate(evaluator.memory(), second(at)))
        };
        Self { at, transitions, alerts, values: evaluator.rules().iter().map(value).collect() }
    }
}

/// The way of a rule through its states: from, to and when, in seconds.
pub fn way(seen: &[Seen], rule: &str) -> Vec<(State, State, u64)> {
    let of_rule = |seen: &Seen| {
        let mine: Vec<_> = seen.transitions.iter().filter(|transition| transition.rule == rule).collect();
        mine.into_iter().map(|transition| (transition.from, transition.to, seen.at)).collect::<Vec<_>>()
    };
    seen.iter().flat_map(of_rule).collect()
}

/// The rules that alerted, each as often as people were told.
pub fn told(seen: &[Seen]) -> Vec<&str> {
    let transitions = seen.iter().flat_map(|seen| &seen.transitions);
    transitions
        .filter(|transition| transition.begins_alert())
        .map(|transition| transition.rule.as_str())
        .collect()
}

pub fn second(second: u64) -> Timestamp {
    Timestamp::from_second(second.try_into().unwrap()).unwrap()
}

//! The built-in engine: Normal → Pending → Alerting → (Recovering) → Normal.

mod instance;
mod pause;
mod transition;

pub use instance::{Instance, State};
pub use pause::{MAX_PAUSE, Pause, PauseError};
pub use transition::{Reason, Transition};

use crate::{Labels, Memory, Rule, Rules, Snapshot};
use jiff::Timestamp;
use pause::Pauses;
use std::collections::BTreeMap;

/// Evaluates rules over a memory of our own metrics.
///
/// Feed it with [`record`](Self::record) every 15 seconds or so, and call [`evaluate`](Self::evaluate) every
/// [`Rules::interval`], best right after a snapshot. The states are those that Prometheus would come to with the same
/// samples; Recovering is what Prometheus still calls firing, and Grafana does not.
#[derive(Clone, Debug)]
pub struct Evaluator {
    rules: Rules,
    memory: Memory,
    instances: BTreeMap<(&'static str, Labels), Instance>,
    pauses: Pauses,
}

/// What an evaluation found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// What changed its state, in the order of the rules.
    pub transitions: Vec<Transition>,
    /// The rules that were not evaluated because somebody paused them: said again each time, so that it is seen.
    pub paused: Vec<Pause>,
    /// The rules whose pause ended with this evaluation.
    pub resumed: Vec<&'static str>,
}

/// How a rule is doing.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleStatus<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The worst state of its instances; Normal if it has none.
    pub state: State,
    /// When its pause ends, if it is paused.
    pub paused_until: Option<Timestamp>,
    /// Its instances that are not Normal.
    pub instances: Vec<&'a Instance>,
}

impl Evaluator {
    /// An evaluator that knows of nothing yet. Every rule is Normal.
    pub fn new(rules: Rules) -> Self {
        let memory = Memory::new(&rules);
        Self { rules, memory, instances: BTreeMap::new(), pauses: Pauses::default() }
    }

    /// Goes on where another evaluator was, for example this one before a restart. Rules that are not there any more
    /// are left out.
    pub fn restore(&mut self, instances: impl IntoIterator<Item = Instance>) {
        for instance in instances {
            if let Some(rule) = self.rules.find(&instance.rule).filter(|_| instance.state != State::Normal) {
                self.instances.insert((rule.id, instance.labels.clone()), instance);
            }
        }
    }

    /// Takes in what our metrics are now.
    pub fn record(&mut self, at: Timestamp, snapshot: &Snapshot) {
        self.memory.record(at, snapshot);
    }

    /// Evaluates every rule that is not paused.
    pub fn evaluate(&mut self, at: Timestamp) -> Evaluation {
        let resumed = self.pauses.end(at);
        let mut transitions = Vec::new();
        for rule in self.rules.iter().filter(|rule| !self.pauses.holds(rule.id)) {
            let samples = rule.value.evaluate(&self.memory, at);
            let bad = samples.into_iter().filter(|sample| rule.threshold.is_crossed_by(sample.value));
            let mut bad: BTreeMap<Labels, f64> = bad.map(|sample| (sample.labels, sample.value)).collect();

            for ((_, labels), instance) in self.instances.iter_mut().filter(|((id, _), _)| *id == rule.id) {
                transitions.extend(instance.evaluate(rule, at, bad.remove(labels)));
            }
            for (labels, value) in bad {
                let (instance, transition) = Instance::begin(rule, at, labels, value);
                transitions.push(transition);
                self.instances.insert((rule.id, instance.labels.clone()), instance);
            }
        }
        self.instances.retain(|_, instance| instance.state != State::Normal);
        Evaluation { transitions, paused: self.pauses.list(), resumed }
    }

    /// Stops evaluating a rule, by its id or name, until a time. Its instances turn Normal, for that reason.
    ///
    /// # Errors
    /// There is no such rule, or the time is not after now, or it is more than [`MAX_PAUSE`] away.
    pub fn pause(
        &mut self,
        rule: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Transition>, PauseError> {
        let rule = self.rules.find(rule).ok_or(PauseError::NoSuchRule)?;
        self.pauses.begin(rule.id, now, until)?;
        let mut transitions = Vec::new();
        for ((_, _), instance) in self.instances.iter_mut().filter(|((id, _), _)| *id == rule.id) {
            transitions.extend(instance.paused(rule, now));
        }
        self.instances.retain(|_, instance| instance.state != State::Normal);
        Ok(transitions)
    }

    /// Ends a pause early. Says whether there was one.
    pub fn resume(&mut self, rule: &str) -> bool {
        self.rules.find(rule).is_some_and(|rule| self.pauses.take(rule.id))
    }

    /// How every rule is doing, in the order of the rules.
    pub fn status(&self) -> Vec<RuleStatus<'_>> {
        let of = |rule| {
            let instances: Vec<&Instance> =
                self.instances().filter(|instance| instance.is_of(rule)).collect();
            let state = instances.iter().map(|instance| instance.state).max().unwrap_or(State::Normal);
            RuleStatus { rule, state, paused_until: self.pauses.until(rule.id), instances }
        };
        self.rules.iter().map(of).collect()
    }

    /// When an instance will have been Pending, or Recovering, for as long as its rule demands: worth an evaluation of
    /// its own.
    pub fn next_change(&self) -> Option<Timestamp> {
        let instances = self.instances.values();
        instances.filter_map(|instance| instance.period_ends(self.rules.find(&instance.rule)?)).min()
    }

    /// Every instance that is not Normal. [`restore`](Self::restore) takes them after a restart.
    pub fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.instances.values()
    }

    /// The rules that are evaluated.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What is remembered of our metrics.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }
}

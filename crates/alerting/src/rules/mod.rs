//! The rules. One file for each thing that can break.

mod factory;
mod orders;
mod queue;
mod service;

use crate::{Engines, Pace, Recording, Rule};
use std::time::Duration;

/// The name under which Prometheus scrapes the service: the label `job`.
pub const JOB: &str = "jwt-pizza";

/// A set of alert rules that are evaluated together.
#[derive(Clone, Debug)]
pub struct Rules {
    rules: Vec<Rule>,
    recordings: Vec<Recording>,
    interval: Duration,
}

impl Rules {
    /// Every rule, those that only Prometheus and Grafana can evaluate too.
    pub fn all(pace: Pace) -> Self {
        let rules = vec![
            factory::success_rate(pace),
            factory::circuit_open(pace),
            queue::old(pace),
            queue::growing(pace),
            orders::intake_failing(pace),
            queue::quarantined(pace),
            service::latency(pace),
            service::login_failures(pace),
            orders::none(pace),
            queue::worker_stuck(pace),
            orders::slo_burn(pace),
            service::down(pace),
            service::watchdog(),
        ];
        let recordings = vec![factory::success_rate_recording(pace), orders::slo_burn_recording(pace)];
        Self { rules, recordings, interval: pace.seconds(30) }
    }

    /// The rules that the service can evaluate itself.
    pub fn built_in(pace: Pace) -> Self {
        let mut rules = Self::all(pace);
        rules.rules.retain(|rule| rule.engines == Engines::All);
        rules
    }

    /// The rules, the most telling first.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// The rule with this [`Rule::id`] or [`Rule::name`].
    pub fn find(&self, word: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == word || rule.name == word)
    }

    /// What dashboards ask Prometheus for. Our own evaluator and Grafana's need none of it.
    pub fn recordings(&self) -> &[Recording] {
        &self.recordings
    }

    /// How often the rules are to be evaluated.
    pub fn interval(&self) -> Duration {
        self.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Severity;
    use std::collections::HashSet;

    #[test]
    fn names_and_anchors_are_unique_and_anchors_are_words_with_hyphens() {
        let rules = Rules::all(Pace::REAL);
        assert_eq!(rules.iter().count(), 13);
        assert_eq!(rules.iter().map(|rule| rule.name).collect::<HashSet<_>>().len(), 13);
        assert_eq!(rules.iter().map(|rule| rule.id).collect::<HashSet<_>>().len(), 13);
        for rule in rules.iter() {
            assert!(rule.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", rule.id);
            assert!(rule.id.len() <= 40, "Grafana's limit for a uid: {}", rule.id);
            assert!(rule.summary.ends_with('.') && rule.summary.len() < 200, "{}", rule.summary);
        }
    }

    #[test]
    fn what_pages_is_what_diners_feel() {
        let pages: Vec<&str> = Rules::all(Pace::REAL)
            .iter()
            .filter(|rule| rule.severity == Severity::Page)
            .map(|rule| rule.id)
            .collect();
        let expected = [
            "factory-success-rate",
            "order-queue-old",
            "order-intake-failing",
            "worker-stuck",
            "service-down",
        ];
        assert_eq!(pages, expected);
    }

    #[test]
    fn who_is_down_does_not_say_so() {
        let built_in = Rules::built_in(Pace::REAL);
        assert_eq!(built_in.iter().count(), 12);
        assert!(built_in.find("service-down").is_none());
        assert_eq!(built_in.find("Watchdog").map(|rule| rule.id), Some("watchdog"));
    }

    #[test]
    fn periods_are_whole_evaluations_so_that_engines_agree_on_them() {
        let rules = Rules::all(Pace::REAL);
        let interval = rules.interval().as_secs();
        for rule in rules.iter() {
            assert_eq!(rule.pending.as_secs() % interval, 0, "{}", rule.name);
            assert_eq!(rule.keep_firing.as_secs() % interval, 0, "{}", rule.name);
        }
    }

    #[test]
    fn a_rehearsal_has_shorter_windows_periods_and_ages() {
        let rules = Rules::all(Pace::faster(30));
        assert_eq!(rules.interval(), Duration::from_secs(1));
        let success = rules.find("factory-success-rate").unwrap();
        assert!(success.promql().contains("[2s]"), "{}", success.promql());
        assert_eq!(success.pending, Duration::from_secs(2));
        assert!(rules.find("order-queue-old").unwrap().promql().ends_with("> 10"));
    }
}

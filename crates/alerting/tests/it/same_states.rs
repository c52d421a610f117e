//! The same series through promtool and through our evaluator: the same states and values at each evaluation.

use crate::{promtool, replay::Replay, scenarios};
use alerting::{Links, Pace, Rules, prometheus_rules};

#[test]
fn prometheus_and_the_built_in_evaluator_agree_at_every_evaluation_of_every_scenario() {
    let disagreements: Vec<String> = scenarios::all().iter().filter_map(disagreement).collect();
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
}

#[test]
fn promtool_does_object_when_the_states_are_others() {
    let december = scenarios::second_of_december();
    let mut seen = december.evaluate();
    let without = seen.iter_mut().find(|seen| !seen.alerts.is_empty()).unwrap();
    without.alerts.pop();
    assert!(verdict(&december, &promtool::test_file("rules.yml", &december, &seen, false)).is_err());
}

#[test]
fn every_rule_alerts_in_some_scenario() {
    let mut silent: Vec<&str> = Rules::all(Pace::REAL).iter().map(|rule| rule.id).collect();
    for replay in scenarios::all().iter().filter(|replay| !replay.name.starts_with("chance")) {
        let seen = replay.evaluate();
        let told = crate::replay::told(&seen);
        silent.retain(|rule| !told.contains(rule));
    }
    assert_eq!(silent, Vec::<&str>::new());
}

fn disagreement(replay: &Replay) -> Option<String> {
    let seen = replay.evaluate();
    let file = promtool::test_file("rules.yml", replay, &seen, true);
    let said = verdict(replay, &file).err()?;
    let lines: Vec<&str> = said.lines().take(40).collect();
    Some(format!("{}:\n{}", replay.name, lines.join("\n")))
}

fn verdict(replay: &Replay, test_file: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let rules = prometheus_rules(&Rules::all(Pace::REAL), &Links::default());
    std::fs::write(folder.path().join("rules.yml"), rules).unwrap();
    let path = folder.path().join("test.yml");
    std::fs::write(&path, test_file).unwrap();
    assert!(!replay.scrapes.is_empty());
    promtool::promtool(&["test", "rules"], &path)
}

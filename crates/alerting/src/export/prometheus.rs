//! The rule file of Prometheus, 2.42 or later (for `keep_firing_for`).

use super::Links;
use super::yaml::{Yaml, literal, text};
use crate::{Rule, Rules, Unit, pace::duration_text};

const COMMENT: &str = "Alert rules of the pizza service.
Generated: pizza alerts export --format prometheus";

/// The rules and recordings as a rule file for Prometheus.
pub fn prometheus_rules(rules: &Rules, links: &Links) -> String {
    let interval = duration_text(rules.interval());
    let group = |name, rules| {
        Yaml::Map(vec![("name", text(name)), ("interval", literal(&interval)), ("rules", Yaml::List(rules))])
    };
    let recordings = rules.recordings().iter();
    let recordings = recordings.map(|recording| {
        Yaml::Map(vec![("record", text(recording.name)), ("expr", text(recording.value.to_string()))])
    });
    let groups = vec![
        group("jwt-pizza", rules.iter().map(|rule| alert(rule, links)).collect()),
        group("jwt-pizza-recordings", recordings.collect()),
    ];
    Yaml::Map(vec![("groups", Yaml::List(groups))]).document(COMMENT)
}

fn alert(rule: &Rule, links: &Links) -> Yaml {
    let mut entries = vec![
        ("alert", text(rule.name)),
        ("expr", text(rule.promql())),
        ("for", literal(duration_text(rule.pending))),
    ];
    if !rule.keep_firing.is_zero() {
        entries.push(("keep_firing_for", literal(duration_text(rule.keep_firing))));
    }
    entries.push(("labels", Yaml::Map(vec![("severity", text(rule.severity.as_str()))])));
    entries.push(("annotations", annotations(rule, links)));
    Yaml::Map(entries)
}

fn annotations(rule: &Rule, links: &Links) -> Yaml {
    let mut entries = vec![("summary", text(rule.summary))];
    if rule.unit != Unit::Flag {
        entries.push(("value", text(format!("{{{{ $value | humanize }}}}{}", rule.unit.suffix()))));
    }
    entries.push(("runbook_url", text(links.runbook_of(rule))));
    entries.extend(links.dashboard.iter().map(|dashboard| ("dashboard_url", text(dashboard))));
    Yaml::Map(entries)
}

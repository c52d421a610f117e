//! The files under test.

use serde_json::Value;
use std::path::{Path, PathBuf};

/// A path in the repository.
pub fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path).canonicalize().expect(path)
}

pub fn text(path: &str) -> String {
    std::fs::read_to_string(in_repository(path)).expect(path)
}

pub fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).expect(path)
}

pub fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&text(path)).expect(path)
}

/// A member that is a text.
#[track_caller]
pub fn word<'a>(of: &'a Value, member: &str) -> &'a str {
    of[member].as_str().unwrap_or_else(|| panic!("{member} is not a text in {of}"))
}

/// A member that is a list.
#[track_caller]
pub fn list<'a>(of: &'a Value, member: &str) -> &'a [Value] {
    of[member].as_array().unwrap_or_else(|| panic!("{member} is not a list in {of}"))
}

/// The id of each alert rule, which is its anchor in the runbook.
pub fn rule_ids() -> Vec<String> {
    let file = yaml("deploy/alerts/grafana/alerting.yml");
    let rules = list(&file["groups"][0], "rules");
    rules.iter().map(|rule| word(rule, "uid").to_owned()).collect()
}

//! What the factory has to say about the calls that it got: it has no reason to flatter.

use crate::journal::Journal;
use anyhow::Context;
use serde_json::Value;
use std::path::Path;

/// A call for a pizza.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Call {
    /// When it came.
    pub at: f64,
    pub status: u16,
}

/// Every call for a pizza since the drill began, by time, from the factory's log (JSON lines).
pub(crate) fn calls(log: &Path, journal: &Journal) -> anyhow::Result<Vec<Call>> {
    let text =
        std::fs::read(log).with_context(|| format!("the factory's log {} cannot be read", log.display()))?;
    let text = String::from_utf8_lossy(&text);
    let mut calls: Vec<Call> =
        text.lines().filter_map(|line| call(line, journal)).filter(|call| call.at >= 0.0).collect();
    calls.sort_by(|one, other| one.at.total_cmp(&other.at));
    Ok(calls)
}

fn call(line: &str, journal: &Journal) -> Option<Call> {
    let line: Value = serde_json::from_str(line).ok()?;
    if line["method"] != "POST" || line["route"] != "/api/order" {
        return None;
    }
    let took = line["milliseconds"].as_f64().unwrap_or(0.0) / 1000.0;
    let status = u16::try_from(line["status"].as_u64()?).ok()?;
    Some(Call { at: journal.read(&line["timestamp"])? - took, status })
}

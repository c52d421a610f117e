//! The rules as other engines' files.

mod grafana;
mod prometheus;
mod yaml;

pub use grafana::{GrafanaOptions, grafana_provisioning};
pub use prometheus::prometheus_rules;

use crate::Rule;

/// Where the links in alerts lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// The runbook; each rule's anchor is added to it.
    pub runbook: String,
    /// The dashboard, if there is one.
    pub dashboard: Option<String>,
}

impl Default for Links {
    fn default() -> Self {
        Self { runbook: "docs/runbook.md".to_owned(), dashboard: None }
    }
}

impl Links {
    /// The link to a rule's chapter of the runbook.
    pub fn runbook_of(&self, rule: &Rule) -> String {
        format!("{}#{}", self.runbook, rule.runbook_anchor())
    }
}

//! The alert rules, defined once, for three engines.
//!
//! [`Rules`] says what wakes whom and when. From it come
//!
//! * [`prometheus_rules`]: a rule file for Prometheus,
//! * [`grafana_provisioning`]: alert rules, contact points, policies and mute timings for Grafana's file provisioning,
//! * [`Evaluator`]: an engine of our own, fed with what `/metrics` would show, so that an installation without
//!   Prometheus or Grafana still pages.
//!
//! A rule's condition is an [`Expr`], a small tree of which both the PromQL text and our own evaluation are made:
//! there is nothing that could drift apart. What a node means is what Prometheus means by it, extrapolation and
//! staleness included; the tests replay the same series through `promtool` and through [`Evaluator`].
//!
//! There is no I/O here, no clock and no task: snapshots and times are handed in, transitions are handed back.

mod evaluator;
mod export;
mod exposition;
mod expr;
mod labels;
mod memory;
mod pace;
mod rule;
mod rules;
mod snapshot;

pub use evaluator::{
    Evaluation, Evaluator, Instance, MAX_PAUSE, Pause, PauseError, Reason, RuleStatus, State, Transition,
};
pub use export::{GrafanaOptions, Links, grafana_provisioning, prometheus_rules};
pub use exposition::ExpositionError;
pub use expr::{
    Aggregation, Comparison, Expr, Matcher, Math, RangeFunction, Sample, Scalar, Selector, SetOperator,
};
pub use labels::Labels;
pub use memory::{LOOKBACK, MAX_SERIES, Memory};
pub use pace::Pace;
pub use rule::{Engines, Recording, Rule, Severity, Threshold, Unit};
pub use rules::{JOB, Rules};
pub use snapshot::Snapshot;

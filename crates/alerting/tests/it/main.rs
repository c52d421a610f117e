//! The rules in all engines: the same series through our evaluator and through Prometheus' own `promtool`, and the
//! exported files.
#![allow(clippy::unwrap_used)]

mod evaluator;
mod exports;
mod grafana_schema;
mod promtool;
mod replay;
mod same_states;
mod scenarios;
mod world;

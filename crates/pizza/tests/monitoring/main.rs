//! What is in `deploy/` and in `docs/runbook.md` is true of the real program.
//!
//! Where there is a real program to ask, it is asked: Prometheus, Alertmanager, promtool, amtool and `pizza` itself. Grafana, Loki,
//! Tempo, the collector and containers are not to be had on the machines that run the tests: their files are compared
//! with the documented schema, and with each other.

#![allow(clippy::unwrap_used)]

mod alertmanager;
mod compose;
mod dashboard;
mod files;
mod installing;
mod logs_path;
mod paging;
mod prometheus;
mod promql;
mod provisioning;
mod queries;
mod runbook;
mod shift;

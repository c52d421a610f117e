//! Regions in a Grafana that behaves as documented, and in one that does not.
#![allow(clippy::unwrap_used)]

mod fake_grafana;
mod regions;
mod trouble;

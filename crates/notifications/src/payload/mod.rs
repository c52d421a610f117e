//! What a receiver is sent, one file for each shape.

pub(crate) mod alertmanager;
pub(crate) mod grafana;
pub(crate) mod slack;

/// Our name among others': the label `service` of alerts that have none.
pub(crate) const SERVICE: &str = "jwt-pizza-service";

/// How many alerts of a notification are sent.
pub(crate) const MAX_ALERTS: usize = 100;

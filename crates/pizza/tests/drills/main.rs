//! Drills: every shipped scenario is run against the real program, at speed, and each has its own promises. A service with
//! the historic behaviour is scored as it deserves, and the diners who make the figures are themselves looked at.

#![allow(clippy::unwrap_used)]

mod comparison;
mod drill;
mod historic;
mod outage;
mod shipped;
mod stage;
mod traffic;

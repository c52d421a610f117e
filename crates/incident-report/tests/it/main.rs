//! Whole reports: as snapshots to be read, and as documents that no text can break.
#![allow(clippy::unwrap_used)]

mod findings;
mod hostile;
mod limits;
mod reports;
mod scenarios;
mod second_december;

//! Tries to prove wrong that no order is lost: with the real program as real processes, and faults that are real ones.
//!
//! Each experiment lets diners order while something is broken on purpose, keeps every acknowledgement from outside,
//! ends the faults, waits until nothing is left to do, and then asks the service and the factory what became of each.

mod chart;
mod cuts;
mod database;
mod diner;
mod disk;
mod disk_full;
mod findings;
mod kills;
mod ledger;
mod load;
mod promises;
mod proxy;
mod sample;
mod soak;
mod spread;
mod stage;
mod weather;

pub use cuts::Cuts;
pub use database::Kind;
pub use disk_full::{DiskFull, FileSystem};
pub use findings::Findings;
pub use kills::{Kills, Victim};
pub use proxy::{Mode, Proxy};
pub use soak::Soak;

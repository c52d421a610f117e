//! The fulfilment core in a simulated world: the real kitchen, intake, dispatcher, circuit and limits, on a store and
//! with a factory that fail in every way, on up to three instances that are killed anywhere.
//!
//! One seed decides everything, so that a failure is replayed by its number. Time is simulated: hours pass in
//! milliseconds. At the end of each seed the faults stop, and every promise of ARCHITECTURE.md that can be looked into is.

mod block_on;
mod counts;
mod cuts;
mod diner;
mod edge;
mod factory;
mod fate;
mod instance;
mod leases;
mod memory;
mod outage;
mod plan;
mod run;
mod told;
mod world;

pub use counts::{Count, Counts};
pub use cuts::{Cuts, CutsError};
pub use memory::MemoryStore;
pub use outage::{OutageSeen, watch_outage};
pub use plan::{
    Act, Diner, Doing, End, Ending, Jump, Mishap, Phase, Plan, Poison, Settings, Spell, Trouble, Weather,
};
pub use run::{Backend, Outcome, run};
pub use world::Violation;

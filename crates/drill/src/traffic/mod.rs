//! Synthetic diners who come when they come, however slow the service is.

mod habit;
mod load;
mod restaurant;
mod tally;
mod visit;

pub use habit::Habit;
pub use load::{Load, MAX_ARRIVALS, MAX_DINERS, MAX_RATE, Progress, Traffic};
pub(crate) use restaurant::client;
pub use restaurant::{Diner, NotOurs, Restaurant};
pub use tally::{Summary, Tally};
pub use visit::{OrderAnswer, Outcome, Visit, Wish};
pub(crate) use visit::{Stubbornness, Visitor};

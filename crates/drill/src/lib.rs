//! Synthetic diners, outage scenarios as data, and the score of what diners and operators lived through.
//!
//! Everything is measured from outside, over HTTP, so that a drill tells of any service with the historic API, whatever it
//! says of itself. What cannot be measured is `None`, never a guess.

mod traffic;

pub use traffic::{
    Habit, Load, MAX_ARRIVALS, MAX_DINERS, MAX_RATE, NotOurs, Outcome, Progress, Restaurant, Summary, Tally,
    Traffic, Visit, Wish,
};

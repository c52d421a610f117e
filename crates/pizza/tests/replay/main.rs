//! The outage of the incident report, replayed: whoever has to know knows in time, and the report writes itself.
//!
//! The real program (`pizza factory` and `pizza serve`, as processes), a real Prometheus with the rules that the program
//! exports, and a real Alertmanager with our configuration. The whole day is replayed so many times faster (`day`); that
//! the page comes in time is measured at full length too, where nothing is scaled (`full_length`).

#![allow(clippy::unwrap_used)]

mod alertmanager;
mod clock;
mod day;
mod diner;
mod engines;
mod full_length;
mod observer;
mod outage;
mod pager;
mod people;
mod planned;
mod prometheus;
mod report;
mod story;

//! Every order in which threads may meet at the circuit, the limit, the retry budget and the SQLite writer.
#![allow(clippy::unwrap_used)]

mod budget;
mod circuit;
mod limit;
mod writer;

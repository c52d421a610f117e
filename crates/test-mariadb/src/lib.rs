//! Real MariaDB servers for tests.
//!
//! A crate of its own, because both the store's tests and the test-kit (which depends on the store) need one.

mod cluster;
mod keeper;
mod node;
mod ports;
mod programs;
mod server;

pub use cluster::Galera;
pub use server::MariaDb;

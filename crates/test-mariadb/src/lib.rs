//! Real MariaDB servers for tests.
//!
//! A crate of its own, because both the store's tests and the test-kit (which depends on the store) need one.

mod keeper;
mod server;

pub use server::MariaDb;

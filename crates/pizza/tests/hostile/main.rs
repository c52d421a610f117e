//! Clients who mean harm, against the real program: slow ones, idle ones, those who speak no HTTP, and floods. Each test
//! says what becomes of them, what they cost, and that their neighbours are served all the while.
//!
//! What is measured (`logins`, `idle`) has a short form that every test run takes and a long one that is ignored;
//! `PIZZA_PROGRAM` names another program to measure, a release build for instance:
//!
//! ```text
//! PIZZA_PROGRAM=target/release/pizza cargo test -p pizza --test hostile -- --ignored --nocapture --test-threads 1
//! ```

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod house;
mod http2;
mod idle;
mod json;
mod latency;
mod logins;
mod malformed;
mod neighbours;
mod orders;
mod slow;
mod slowhttptest;
mod wire;

use std::{sync::LazyLock, time::Duration};
use tokio::sync::RwLock;

/// Nothing takes this long; a test that waits for it fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who measures is alone; all others share the machine.
static MACHINE: LazyLock<RwLock<()>> = LazyLock::new(RwLock::default);

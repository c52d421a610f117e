//! The pages in a real browser: Debian's Chromium, headless, driven by its own driver.
//!
//! `axe.min.js` is axe-core 4.14.1 (MPL-2.0, its licence is beside it): it is run inside pages by these tests and is
//! part of nothing else.

#![allow(clippy::unwrap_used)]

mod accessible;
mod admin;
mod browser;
mod franchise;
mod keyboard;
mod operations;
mod order;
mod outage;
mod pictures;
mod scriptless;
mod sealed;
mod surfer;
mod weight;

use browser::Browser;
use surfer::Surfer;

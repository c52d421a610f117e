//! What the program tells: its log on standard output, its metrics, and what a collector gets by OTLP; and what it
//! tells nobody.

#![allow(clippy::unwrap_used)]

mod arrival;
mod bad_collectors;
mod canaries;
mod collector;
mod http_lines;
mod program;

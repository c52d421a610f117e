//! Simulates.
fn main() {}

//! Intake.
fn main() {}

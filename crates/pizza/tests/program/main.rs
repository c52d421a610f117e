//! The program as people meet it: its commands, what they print, how they fail, and how they end.

#![allow(clippy::unwrap_used)]

mod admin;
mod commands;
mod configuration;
mod demo;
mod first_admin;
mod logs;
mod on_call;
mod shutdown;

use std::process::Command;
use test_kit::command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pizza");

fn pizza(arguments: &[&str]) -> Command {
    let mut pizza = command(PROGRAM);
    // A test that fails should show the error, not where it was made.
    pizza.args(arguments).env("RUST_BACKTRACE", "0");
    pizza
}

/// The error of a command that must fail.
fn failing(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{command:?} succeeded");
    text(&output.stderr)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

//! The bare HTTP server: what the framework leaves us to spend.

use crate::{
    bench::Bench,
    process::{Server, free_address},
};
use axum::{Json, Router, routing::get};
use serde_json::json;
use std::process::Command;

/// Starts one.
pub fn start(bench: &Bench) -> anyhow::Result<Server> {
    let address = free_address()?;
    let mut command = Command::new(bench.own());
    command.env_clear().args(["naked-hello", "--port", &address.port().to_string()]);
    Server::start(&mut command, address, "/")
}

/// Is one.
pub fn run(port: u16) -> anyhow::Result<()> {
    let hello = get(async || Json(json!({ "message": "hello" })));
    super::serve(port, async { Ok(Router::new().route("/", hello)) })
}

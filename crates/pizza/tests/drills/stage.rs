//! A service with the historic behaviour, and one of our factories for it to depend on.

use crate::historic::Historic;
use std::{net::SocketAddr, path::PathBuf};
use tempfile::TempDir;
use test_kit::{Process, command, free_port};

const VENDOR: &str = "historic";
pub const KEY: &str = "historic-key";

/// Both of them; dropped, both are gone.
pub struct Stage {
    pub factory: String,
    pub service: SocketAddr,
    _process: Process,
    folder: TempDir,
}

impl Stage {
    pub async fn set() -> Self {
        let folder = TempDir::new().unwrap();
        let port = free_port().unwrap();
        let factory = format!("http://127.0.0.1:{port}");
        let mut pizza = command(env!("CARGO_BIN_EXE_pizza"));
        pizza.args(["factory", "--log-format", "json", "--port", &port.to_string(), "--data", "factory"]);
        pizza.env("PIZZA_FACTORY_VENDORS", format!("{VENDOR}:{KEY}")).current_dir(folder.path());
        let mut process = Process::spawn("factory", pizza, folder.path().join("factory.log")).unwrap();
        process.answers(&format!("{factory}/livez")).await.unwrap();
        let service = Historic::start(&factory, KEY).await;
        Self { factory, service, _process: process, folder }
    }

    pub fn log(&self) -> PathBuf {
        self.folder.path().join("factory.log")
    }
}

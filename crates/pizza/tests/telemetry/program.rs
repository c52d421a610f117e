//! The real program, with a factory that does what a test wants of it, and a menu.

use serde_json::json;
use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use test_kit::{API_KEY, FakeFactory, JWT_SECRET, Process, VENDOR, Visitor, command, free_port};

pub const ADMIN: (&str, &str) = ("admin@localhost", "canary-password-of-the-admin");

pub struct Program {
    pub factory: FakeFactory,
    pub admin: Visitor,
    pub franchise: i64,
    pub store: i64,
    process: Process,
    log: PathBuf,
    _folder: TempDir,
}

impl Program {
    /// Starts `pizza serve` with these variables of its environment.
    pub async fn start(environment: &[(&str, &str)]) -> Self {
        let (folder, factory) = (TempDir::new().unwrap(), FakeFactory::start().await);
        let (port, log) = (free_port().unwrap(), folder.path().join("serve.log"));
        let mut serve = command(env!("CARGO_BIN_EXE_pizza"));
        serve.args(["serve", "--port", &port.to_string(), "--factory-url", factory.url().as_str()]);
        serve.current_dir(folder.path());
        let variables = [
            ("PIZZA_AUTH__FIRST_ADMIN__PASSWORD", ADMIN.1),
            ("PIZZA_AUTH__JWT_SECRET", JWT_SECRET),
            ("PIZZA_FACTORY__API_KEY", API_KEY),
            ("PIZZA_FACTORY__VENDOR_ID", VENDOR),
            ("PIZZA_LOG__FORMAT", "json"),
        ];
        serve.envs(variables).envs(environment.iter().copied());
        let mut process = Process::spawn("serve", serve, log.clone()).unwrap();
        let base = format!("http://127.0.0.1:{port}/");
        process.answers(&format!("{base}readyz")).await.unwrap();
        let admin = Visitor::at(&base.parse().unwrap()).login(ADMIN.0, ADMIN.1).await;
        let pizza =
            json!({ "title": "Veggie", "description": "A garden", "image": "p.png", "price": 0.0038 });
        admin.put("/api/order/menu", &pizza).await.expect(200);
        let franchise = admin.post("/api/franchise", &json!({ "name": "pizzaPocket", "admins": [] })).await;
        let franchise = franchise.expect(200)["id"].as_i64().unwrap();
        let store = admin.post(&format!("/api/franchise/{franchise}/store"), &json!({ "name": "SLC" })).await;
        let store = store.expect(200)["id"].as_i64().unwrap();
        Self { factory, admin, franchise, store, process, log, _folder: folder }
    }

    pub fn order(&self) -> serde_json::Value {
        json!({ "franchiseId": self.franchise, "storeId": self.store, "items": [{ "menuId": 1 }] })
    }

    /// Ends it with SIGTERM, cleanly; what it wrote, and how long it took.
    pub async fn end(self) -> (String, Duration) {
        let begun = Instant::now();
        let status = self.process.terminate().await.unwrap();
        let took = begun.elapsed();
        let log = fs::read_to_string(&self.log).unwrap();
        assert!(status.success(), "{status}\n{log}");
        (log, took)
    }
}

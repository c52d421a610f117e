//! A factory, and two instances of the service on one database, in processes that can be killed.

use crate::database::Database;
use domain::{Bitcoin, NewMenuItem};
use factory_api::{ChaosKind, ChaosRequest};
use reqwest::Client;
use std::path::PathBuf;
use store::{FranchiseCreation, MysqlOptions, MysqlStore, NewFranchise, Store, StoreCreation};
use tempfile::TempDir;
use test_kit::{Process, command, free_port, pizzas_in_ledger};

pub const INSTANCES: usize = 2;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pizza");
const VENDOR: &str = "acme";
const API_KEY: &str = "the-key-of-acme";
/// Everything faster than in real life, but for a factory that is slow: that is no outage here.
const SETTINGS: [(&str, &str); 11] = [
    ("auth.jwt_secret", "a secret that both instances sign sessions with"),
    ("auth.password_policy", "historic"),
    ("circuit.slow_call", "3s"),
    ("factory.connect_timeout", "1s"),
    ("factory.attempt_timeout", "4s"),
    ("fulfilment.lease", "6s"),
    ("fulfilment.backoff", "100ms"),
    ("fulfilment.backoff_max", "1s"),
    ("fulfilment.poll", "100ms"),
    ("fulfilment.fresh_in_flight", "8"),
    ("fulfilment.backlog_in_flight", "8"),
];
/// How slow the factory is, so that whoever dies has orders in hand.
const SECONDS_TO_MAKE: u64 = 1;

/// A running installation.
pub struct Installation {
    pub database: Database,
    /// Where an order goes: franchise and store.
    pub store: (i64, i64),
    instances: [Option<Process>; INSTANCES],
    ports: [u16; INSTANCES],
    factory_url: String,
    folder: TempDir,
    _factory: Process,
}

impl Installation {
    /// Both instances start at the same moment on an empty database.
    pub async fn on(database: Database) -> Self {
        let folder = TempDir::new().unwrap();
        let (factory, factory_url) = start_factory(&folder).await;
        let ports = [free_port().unwrap(), free_port().unwrap()];
        let (instances, store) = ([None, None], (0, 0));
        let mut installation =
            Self { database, store, instances, ports, factory_url, folder, _factory: factory };
        let (one, other) = tokio::join!(installation.started(0), installation.started(1));
        installation.instances = [Some(one), Some(other)];
        installation.store = seed(&installation.database.url(0)).await;
        installation
    }

    pub fn url(&self, instance: usize) -> String {
        format!("http://127.0.0.1:{}", self.ports[instance])
    }

    /// SIGKILL for an instance.
    pub fn kill(&mut self, instance: usize) {
        self.instances[instance].take().unwrap().kill().unwrap();
    }

    /// Starts an instance, on the same port as last time.
    pub async fn start(&mut self, instance: usize) {
        self.instances[instance] = Some(self.started(instance).await);
    }

    async fn started(&self, instance: usize) -> Process {
        let port = self.ports[instance];
        let mut serve = command(PROGRAM);
        serve.args(["serve", "--port", &port.to_string()]).env("PIZZA_LOG__FORMAT", "json");
        for (key, value) in SETTINGS {
            serve.env(variable(key), value);
        }
        serve.env(variable("database.url"), self.database.url(instance));
        serve.env(variable("factory.url"), &self.factory_url).env(variable("factory.api_key"), API_KEY);
        let name = format!("instance{instance}");
        let mut process = Process::spawn(&name, serve, self.file(&name)).unwrap();
        process.answers(&format!("{}/readyz", self.url(instance))).await.unwrap();
        process
    }

    /// Everything that an instance has logged, across restarts.
    pub fn log(&self, instance: usize) -> String {
        std::fs::read_to_string(self.file(&format!("instance{instance}"))).unwrap()
    }

    /// How often the factory was asked for a pizza.
    pub fn calls_of_the_factory(&self) -> usize {
        let log = std::fs::read_to_string(self.file("factory")).unwrap();
        let calls = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        calls.filter(|line| line["method"] == "POST" && line["route"] == "/api/order").count()
    }

    /// What the factory has made, by its own ledger.
    pub fn pizzas(&self) -> Vec<String> {
        pizzas_in_ledger(&self.folder.path().join("factory")).unwrap()
    }

    /// SIGTERM ends every instance with success.
    pub async fn ends_cleanly(mut self) {
        for instance in &mut self.instances {
            assert!(instance.take().unwrap().terminate().await.unwrap().success());
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }
}

fn variable(key: &str) -> String {
    format!("PIZZA_{}", key.replace('.', "__").to_uppercase())
}

async fn seed(url: &str) -> (i64, i64) {
    let store = MysqlStore::open(MysqlOptions::from_url(url).unwrap()).await.unwrap();
    let text = || "Veggie".to_owned();
    let price = Bitcoin::from_satoshi(380_000);
    let item = NewMenuItem { title: text(), image: text(), price, description: text() };
    let menu = store.add_menu_item(item).await.unwrap();
    assert_eq!(menu.0.len(), 1);
    let new = NewFranchise { name: "pizzaPocket".into(), admins: Vec::new() };
    let FranchiseCreation::Created { id, .. } = store.create_franchise(new).await.unwrap() else {
        panic!("it is the first one");
    };
    let StoreCreation::Created(shop) = store.create_store(id, "SLC").await.unwrap() else {
        panic!("the franchise is there");
    };
    (id.0, shop.0)
}

async fn start_factory(folder: &TempDir) -> (Process, String) {
    let port = free_port().unwrap();
    let url = format!("http://127.0.0.1:{port}");
    let mut factory = command(PROGRAM);
    let vendor = format!("{VENDOR}:{API_KEY}");
    factory.args(["factory", "--log-format", "json", "--vendor", &vendor, "--port", &port.to_string()]);
    factory.arg("--data").arg(folder.path().join("factory"));
    let mut process = Process::spawn("factory", factory, folder.path().join("factory.log")).unwrap();
    process.answers(&format!("{url}/livez")).await.unwrap();

    let slow = ChaosRequest { delay_seconds: Some(SECONDS_TO_MAKE), ..ChaosRequest::default() };
    let http = Client::builder().no_proxy().build().unwrap();
    let chaos = http.put(format!("{url}/api/vendor/chaos/{}", ChaosKind::Throttle));
    let answer = chaos.bearer_auth(API_KEY).json(&slow).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    (process, url)
}

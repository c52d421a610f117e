//! What an experiment is about: the real `pizza factory` and `pizza serve`, as processes that can be killed.

use crate::{
    database::{Database, Kind},
    diner::{Diner, Shop, open_shop, register},
};
use anyhow::{Context, ensure};
use factory_client::{FactoryClient, FactoryConfig};
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Client;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use test_kit::{Process, command, free_port, pizzas_in_ledger};
use tokio::time::sleep;

const VENDOR: &str = "proof";
const API_KEY: &str = "the-key-of-proof";
const ADMIN: (&str, &str) = ("admin@proof.example", "the password of this proof's admin");
/// Far longer than a start takes, even after a kill of everything on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Faster than in real life, so that what takes minutes there takes seconds here.
pub(crate) const HASTE: [(&str, &str); 9] = [
    ("circuit.slow_call", "3s"),
    ("circuit.open", "300ms"),
    ("circuit.open_max", "2s"),
    ("factory.connect_timeout", "1s"),
    ("factory.attempt_timeout", "4s"),
    ("fulfilment.lease", "6s"),
    ("fulfilment.backoff", "100ms"),
    ("fulfilment.backoff_max", "1s"),
    ("fulfilment.poll", "100ms"),
];

/// How a stage is set.
pub(crate) struct Plan<'a> {
    pub program: &'a Path,
    pub database: Kind,
    /// Where the SQLite file is, if not beside everything else.
    pub disk: Option<&'a Path>,
    pub settings: &'a [(&'static str, &'static str)],
    pub diners: usize,
}

/// Dropped, everything is killed and deleted.
pub(crate) struct Stage {
    program: PathBuf,
    settings: Vec<(String, String)>,
    pub database: Arc<Database>,
    pub factory: FactoryClient,
    factory_port: u16,
    _factory: Process,
    service: Option<Process>,
    port: u16,
    pub http: Client,
    pub shop: Shop,
    pub diners: Arc<Vec<Diner>>,
    folder: TempDir,
}

impl Stage {
    /// Starts everything, and puts in what diners need: a menu, a store, and their accounts.
    pub async fn set(plan: Plan<'_>) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("pizza-proof-")?;
        let database = Database::new(plan.database, plan.disk.unwrap_or(folder.path())).await?;
        let (process, factory_port) = start_factory(plan.program, folder.path()).await?;
        let factory_url = format!("http://127.0.0.1:{factory_port}");
        let factory = FactoryClient::new(FactoryConfig::new(factory_url.parse()?, API_KEY.into()))?;
        let own = [
            database.setting(None),
            ("factory.url", factory_url),
            ("factory.api_key", API_KEY.into()),
            ("factory.vendor_id", VENDOR.into()),
            ("auth.jwt_secret", "what signs the sessions of this proof".into()),
            ("auth.first_admin.email", ADMIN.0.into()),
            ("auth.first_admin.password", ADMIN.1.into()),
            ("log.format", "json".into()),
        ];
        let given = plan.settings.iter().map(|(key, value)| (*key, (*value).to_owned()));
        let settings = own.into_iter().chain(given).map(|(key, value)| (key.to_owned(), value));
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(40)).build()?;
        let mut stage = Self {
            program: plan.program.to_owned(),
            settings: settings.collect(),
            database: Arc::new(database),
            factory,
            factory_port,
            _factory: process,
            service: None,
            port: free_port()?,
            http,
            shop: Shop::default(),
            diners: Arc::default(),
            folder,
        };
        stage.spawn()?;
        stage.ready().await?;
        stage.shop = open_shop(&stage.http, &stage.url(""), ADMIN).await?;
        let opened = stream::iter(0..plan.diners).map(|n| register(&stage.http, stage.url(""), n));
        let diners: Vec<Diner> = opened.buffered(2).try_collect().await?;
        stage.diners = Arc::new(diners);
        Ok(stage)
    }

    /// Where a path of the service is.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn factory_port(&self) -> u16 {
        self.factory_port
    }

    /// From the next start on, the service finds something elsewhere.
    pub fn redirect(&mut self, key: &str, value: String) {
        self.settings.push((key.to_owned(), value));
    }

    /// SIGKILL. Fails when the service had ended by itself: that it must never do.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.service.take().context("the service does not run")?.kill()
    }

    /// Starts the service on the same database and port, without waiting for it.
    pub fn spawn(&mut self) -> anyhow::Result<()> {
        ensure!(self.service.is_none(), "the service runs already");
        let mut serve = command(&self.program);
        serve.args(["serve", "--port", &self.port.to_string()]).current_dir(self.folder.path());
        // Only what went wrong is to be at the end of its log.
        serve.env("RUST_BACKTRACE", "0");
        for (key, value) in &self.settings {
            serve.env(format!("PIZZA_{}", key.replace('.', "__").to_uppercase()), value);
        }
        self.service = Some(Process::spawn("the service", serve, self.folder.path().join("service.log"))?);
        Ok(())
    }

    /// Waits until the service says that it is ready.
    pub async fn ready(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while !self.is_ready().await {
            if let Some(how) = self.ended()? {
                anyhow::bail!("the service ended with {how} before it was ready:\n{}", self.log_tail());
            }
            ensure!(begun.elapsed() < PATIENCE, "the service is not ready:\n{}", self.log_tail());
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    pub async fn is_ready(&self) -> bool {
        let asked = self.http.get(self.url("/readyz")).timeout(Duration::from_secs(5)).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// How the service ended, if it did by itself; then it can be spawned again.
    pub fn ended(&mut self) -> anyhow::Result<Option<String>> {
        let Some(service) = &mut self.service else { return Ok(None) };
        let Some(how) = service.ended()? else { return Ok(None) };
        self.service = None;
        Ok(Some(how.to_string()))
    }

    /// The service's number among the system's processes.
    pub fn process_id(&self) -> Option<u32> {
        self.service.as_ref().map(Process::id)
    }

    /// Every pizza that the factory has made, by its own ledger.
    pub fn pizzas(&self) -> anyhow::Result<Vec<String>> {
        pizzas_in_ledger(&self.folder.path().join("factory"))
    }

    /// Lines of the service's log that tell of a panic.
    pub fn panics(&self) -> anyhow::Result<Vec<String>> {
        let log = std::fs::read(self.folder.path().join("service.log"))?;
        let log = String::from_utf8_lossy(&log);
        Ok(log.lines().filter(|line| line.contains("panicked at")).map(str::to_owned).collect())
    }

    /// The end of the service's log, without what went well.
    pub fn log_tail(&self) -> String {
        let log = std::fs::read(self.folder.path().join("service.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().filter(|line| !line.contains(r#""level":"INFO""#)).collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

async fn start_factory(program: &Path, folder: &Path) -> anyhow::Result<(Process, u16)> {
    let port = free_port()?;
    let mut factory = command(program);
    factory.args(["factory", "--log-format", "json", "--log-level", "warn", "--port", &port.to_string()]);
    factory.args(["--data", "factory"]).env("PIZZA_FACTORY_VENDORS", format!("{VENDOR}:{API_KEY}"));
    factory.current_dir(folder);
    let mut process = Process::spawn("the factory", factory, folder.join("factory.log"))?;
    process.answers(&format!("http://127.0.0.1:{port}/livez")).await?;
    Ok((process, port))
}

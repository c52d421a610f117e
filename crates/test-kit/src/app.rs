//! The order service in this process, with a real database in a folder of its own and a fake factory.

use crate::{
    API_KEY, Admin, Diner, FakeFactory, Franchisee, VENDOR, Visitor,
    seed::{accounts, seed},
};
use rusqlite::Connection;
use service::{
    Service,
    config::{Config, PasswordPolicy},
};
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use store::Store;
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::oneshot,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use url::Url;

/// The secret that signs session tokens, for tests that forge some.
pub const JWT_SECRET: &str = "a secret of the tests, 32 bytes or more";

/// A running service. It has a runtime of its own, so that it can die as a process dies.
pub struct TestApp {
    /// The factory it calls.
    pub factory: FakeFactory,
    config: Config,
    running: Option<Running>,
    folder: Arc<TempDir>,
}

struct Running {
    runtime: Runtime,
    server: JoinHandle<()>,
    shutdown: CancellationToken,
    base: Url,
    store: Arc<dyn Store>,
}

impl TestApp {
    /// Starts with quick settings, after `configure` has changed what the test is about. There are five pizzas
    /// on the menu, the franchise pizzaPocket (1) with the store SLC (1), and the accounts that
    /// [`diner`](Self::diner), [`franchisee`](Self::franchisee) and [`admin`](Self::admin) sign in to.
    ///
    /// # Panics
    /// When the service does not start.
    pub async fn start(configure: impl FnOnce(&mut Config)) -> Self {
        let folder = Arc::new(TempDir::new().expect("a temporary folder"));
        let factory = FakeFactory::start().await;
        let mut config = quick(folder.path(), factory.url());
        configure(&mut config);
        let mut app = Self { factory, config, running: None, folder };
        app.come_back().await;
        app
    }

    /// Starts another instance of this name, on the same database and the same factory, with the same settings.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn beside(&self, instance: &str) -> Self {
        let config = Config { instance: Some(instance.to_owned()), ..self.config.clone() };
        let folder = Arc::clone(&self.folder);
        let mut app = Self { factory: self.factory.shared(), config, running: None, folder };
        app.come_back().await;
        app
    }

    /// Starts again after [`stop`](Self::stop) or [`crash`](Self::crash): same database, another port.
    ///
    /// # Panics
    /// When the service does not start.
    pub async fn come_back(&mut self) {
        self.running = Some(run(self.config.clone()).await);
    }

    /// Shuts down gracefully.
    ///
    /// # Panics
    /// When that takes for ever, or serving failed.
    pub async fn stop(&mut self) {
        let Some(running) = self.running.take() else { return };
        running.shutdown.cancel();
        let stopped = tokio::time::timeout(Duration::from_secs(60), running.server).await;
        stopped.expect("the service stops").expect("the service does not panic");
        drop(running.store);
        end(running.runtime).await;
    }

    /// Dies in the middle of whatever it is doing: no task gets to its next step. What was committed stays.
    pub async fn crash(&mut self) {
        if let Some(running) = self.running.take() {
            drop(running.store);
            end(running.runtime).await;
        }
    }

    /// Begins a graceful shutdown and does not wait for its end.
    pub fn begin_shutdown(&self) {
        self.running().shutdown.cancel();
    }

    /// Where it is.
    pub fn base(&self) -> &Url {
        &self.running().base
    }

    /// Its database, for what no call can show.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.running().store
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Somebody who is not signed in.
    pub fn visitor(&self) -> Visitor {
        Visitor::at(self.base())
    }

    /// The diner d@jwt.com.
    pub async fn diner(&self) -> Diner {
        Diner::login(self.base(), "d@jwt.com", "diner").await
    }

    /// The franchisee of pizzaPocket, f@jwt.com.
    pub async fn franchisee(&self) -> Franchisee {
        Franchisee::login(self.base(), "f@jwt.com", "franchisee").await
    }

    /// The admin a@jwt.com.
    pub async fn admin(&self) -> Admin {
        Admin::login(self.base(), "a@jwt.com", "admin").await
    }

    /// Keeps the database from taking any write, for as long as the guard lives.
    ///
    /// # Panics
    /// When the database cannot be locked.
    pub fn lock_database(&self) -> DatabaseLock {
        let connection = self.connection();
        connection.execute_batch("BEGIN IMMEDIATE").expect("the lock");
        DatabaseLock { _connection: connection }
    }

    /// Changes the database behind the service's back; answers how many rows that was.
    ///
    /// # Panics
    /// When that is no SQL.
    pub fn tamper(&self, sql: &str) -> usize {
        self.connection().execute(sql, []).expect("SQL")
    }

    /// A number out of the database.
    ///
    /// # Panics
    /// When that is no SQL, or finds no number.
    pub fn count(&self, sql: &str) -> i64 {
        self.connection().query_row(sql, [], |row| row.get(0)).expect("a number")
    }

    fn connection(&self) -> Connection {
        let connection = Connection::open(&self.config.database.path).expect("the database's file");
        connection.busy_timeout(Duration::from_secs(30)).expect("a time-out");
        connection
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the service runs")
    }
}

/// Holds the database's write lock until it is dropped.
pub struct DatabaseLock {
    _connection: Connection,
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.shutdown.cancel();
            // Nobody may block here: the test's own runtime has to go on.
            running.runtime.shutdown_background();
        }
    }
}

/// Durations that a test can wait for. A diner waits long, so that a slow machine does not turn a 200 into a 202.
fn quick(folder: &Path, factory: Url) -> Config {
    let mut config = Config::default();
    config.http.shutdown_grace = Duration::from_secs(5);
    config.database.path = folder.join("pizza.db");
    config.auth.jwt_secret = Some(JWT_SECRET.into());
    config.auth.password_policy = PasswordPolicy::Historic;
    config.factory.url = factory;
    config.factory.api_key = API_KEY.into();
    config.factory.vendor_id = Some(VENDOR.to_owned());
    config.orders.default_wait = Duration::from_secs(20);
    config.circuit.open = Duration::from_millis(100);
    config.circuit.open_max = Duration::from_millis(400);
    config.fulfilment.retry_delay = Duration::from_millis(10);
    config.fulfilment.backoff = Duration::from_millis(50);
    config.fulfilment.backoff_max = Duration::from_millis(200);
    config.fulfilment.poll = Duration::from_millis(50);
    config
}

async fn run(config: Config) -> Running {
    let accounts = accounts().await;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let shutdown = CancellationToken::new();
    let (started, when_started) = oneshot::channel::<(SocketAddr, Arc<dyn Store>)>();
    let stop = shutdown.clone();
    let server = runtime.spawn(async move {
        let service = Service::open(config).await.expect("the service opens");
        seed(service.store().as_ref(), accounts).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free loopback port");
        let address = listener.local_addr().expect("a bound address");
        let _ = started.send((address, Arc::clone(service.store())));
        service.serve(listener, stop).await.expect("the service serves");
    });
    let (address, store) = when_started.await.expect("the service starts");
    let base = format!("http://{address}").parse().expect("a URL");
    Running { runtime, server, shutdown, base, store }
}

/// Ends a runtime with all its tasks, and so the database's writer, before it goes on.
async fn end(runtime: Runtime) {
    let ended = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(30)));
    ended.await.expect("the runtime ends");
}

//! A whole installation of the real program, in processes that can be killed.

use crate::{
    ledger::{orders_in_the_making, pizzas_in_ledger},
    process::{Process, command},
};
use anyhow::{Context, bail, ensure};
use domain::{Bitcoin, FranchiseId, NewMenuItem, StoreId};
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU16, Ordering},
};
use store::{Clock, FranchiseCreation, NewFranchise, SqliteOptions, SqliteStore, Store, StoreCreation};
use tempfile::TempDir;

const MENU: [(&str, i64); 5] = [
    ("Veggie", 380_000),
    ("Pepperoni", 420_000),
    ("Margarita", 420_000),
    ("Crusty", 280_000),
    ("Charred Leopard", 990_000),
];
const VENDOR: &str = "jwt-pizza";
const API_KEY: &str = "canary-api-key-of-the-vendor";
const JWT_SECRET: &str = "canary-secret-that-signs-the-sessions";
const ADMIN: &str = "admin@jwt.com";
const ADMIN_PASSWORD: &str = "canary-password-of-the-admin";
/// Tries to find a port that nobody else takes meanwhile.
const PORT_TRIES: u32 = 10;

/// `pizza factory` and `pizza serve` on free ports of the loopback, with a menu, a store and an admin.
///
/// Dropped, everything is killed and deleted.
pub struct Installation {
    program: PathBuf,
    settings: Vec<(String, String)>,
    factory: Process,
    factory_port: u16,
    service: Option<Process>,
    service_port: u16,
    franchise: FranchiseId,
    store: StoreId,
    folder: TempDir,
}

/// Somebody who can log in.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// The e-mail address.
    pub email: &'static str,
    /// The password.
    pub password: &'static str,
}

impl Installation {
    /// Starts everything, and waits until it is ready. `program` is the executable of `pizza`; `settings` are
    /// configuration keys with their values, such as `("circuit.open", "300ms")`.
    ///
    /// # Errors
    /// When something does not start; the error holds its log.
    pub async fn start(program: &str, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let (franchise, store) = seed(&database(folder.path())).await?;
        let (factory, factory_port) = start_factory(Path::new(program), folder.path()).await?;
        let own = |(key, value): (&str, String)| (key.to_owned(), value);
        let given = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let settings = [
            ("database.path", database(folder.path()).display().to_string()),
            ("auth.jwt_secret", JWT_SECRET.to_owned()),
            ("factory.url", format!("http://127.0.0.1:{factory_port}")),
            ("factory.api_key", API_KEY.to_owned()),
            ("factory.vendor_id", VENDOR.to_owned()),
        ];
        let mut installation = Self {
            program: program.into(),
            settings: settings.into_iter().map(own).chain(given).collect(),
            factory,
            factory_port,
            service: None,
            service_port: 0,
            franchise,
            store,
            folder,
        };
        installation.create_admin()?;
        installation.start_service().await?;
        Ok(installation)
    }

    /// Where a path of the order service is.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.service_port)
    }

    /// Where a path of the factory is.
    pub fn factory_url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.factory_port)
    }

    /// The franchise and its store.
    pub fn store(&self) -> (FranchiseId, StoreId) {
        (self.franchise, self.store)
    }

    /// The account with the admin role.
    pub fn admin(&self) -> Account {
        Account { email: ADMIN, password: ADMIN_PASSWORD }
    }

    /// The service's id as the factory's vendor, and its key there.
    pub fn vendor(&self) -> (&'static str, &'static str) {
        (VENDOR, API_KEY)
    }

    /// What may never be in a log or in an error: the installation's own secrets.
    pub fn secrets(&self) -> [&'static str; 3] {
        [API_KEY, JWT_SECRET, ADMIN_PASSWORD]
    }

    /// Ends the service with SIGKILL, in the middle of whatever it does.
    ///
    /// # Errors
    /// When it was not running.
    pub fn kill_service(&mut self) -> anyhow::Result<()> {
        self.service.take().context("the service was not running")?.kill()
    }

    /// Starts the service, on the same database, and on the same port as last time.
    ///
    /// # Errors
    /// When it runs already or does not start; the error holds its log.
    pub async fn start_service(&mut self) -> anyhow::Result<()> {
        ensure!(self.service.is_none(), "the service runs already");
        for _ in 0..PORT_TRIES {
            let port = if self.service_port == 0 { free_port()? } else { self.service_port };
            let mut serve = self.command(&["serve", "--port", &port.to_string()]);
            serve.env("PIZZA_LOG__FORMAT", "json");
            let mut service = Process::spawn("serve", serve, self.log_file("serve"))?;
            match service.answers(&format!("http://127.0.0.1:{port}/readyz")).await {
                Ok(()) => {
                    (self.service, self.service_port) = (Some(service), port);
                    return Ok(());
                }
                Err(error) if self.service_port == 0 && is_port_clash(&error) => {}
                Err(error) => return Err(error),
            }
        }
        bail!("no port is free")
    }

    /// Everything that service and factory have logged, across restarts.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn logs(&self) -> anyhow::Result<Logs> {
        let read = |name| anyhow::Ok(std::fs::read_to_string(self.log_file(name))?);
        Ok(Logs { service: read("serve")?, factory: read("factory")? })
    }

    /// How many pizzas the factory has made, by its own ledger.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn pizzas_made(&self) -> anyhow::Result<usize> {
        Ok(pizzas_in_ledger(&self.folder.path().join("factory"))?.len())
    }

    /// How many orders the service has in hand, by its own database: those that it was making when it was killed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn orders_in_hand(&self) -> anyhow::Result<usize> {
        orders_in_the_making(&database(self.folder.path()))
    }

    /// Ends service and factory with SIGTERM.
    ///
    /// # Errors
    /// When one of them was not running, does not end, or does not end cleanly.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let service = self.service.take().context("the service was not running")?;
        for (name, process) in [("serve", service), ("factory", self.factory)] {
            let status = process.terminate().await?;
            ensure!(status.success(), "{name} ended with {status}");
        }
        Ok(())
    }

    /// By the command that an operator uses, which reads the password from the environment.
    fn create_admin(&self) -> anyhow::Result<()> {
        let name = ["admin", "create-user", "--name", "Admin", "--email", ADMIN, "--role", "admin"];
        let output = self.command(&name).env("PIZZA_NEW_PASSWORD", ADMIN_PASSWORD).output()?;
        ensure!(output.status.success(), "no admin: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = command(&self.program);
        command.args(arguments).current_dir(self.folder.path());
        for (key, value) in &self.settings {
            command.env(format!("PIZZA_{}", key.replace('.', "__").to_uppercase()), value);
        }
        command
    }

    fn log_file(&self, name: &str) -> PathBuf {
        log_file(self.folder.path(), name)
    }
}

/// What was logged: a JSON object a line.
pub struct Logs {
    /// By the order service.
    pub service: String,
    /// By the factory.
    pub factory: String,
}

fn database(folder: &Path) -> PathBuf {
    folder.join("pizza.db")
}

fn log_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.log"))
}

/// The program has no command that writes a menu yet, so it is written where the service will find it.
async fn seed(path: &Path) -> anyhow::Result<(FranchiseId, StoreId)> {
    let store = SqliteStore::open(SqliteOptions { path: path.to_owned(), clock: Clock::system() })?;
    for (title, satoshi) in MENU {
        let (image, description) = (format!("{title}.png"), format!("A {title} pizza"));
        let (title, price) = (title.to_owned(), Bitcoin::from_satoshi(satoshi));
        store.add_menu_item(NewMenuItem { title, image, price, description }).await?;
    }
    let new = NewFranchise { name: "pizzaPocket".to_owned(), admins: Vec::new() };
    let FranchiseCreation::Created { id: franchise, .. } = store.create_franchise(new).await? else {
        bail!("a fresh database has a franchise already");
    };
    match store.create_store(franchise, "SLC").await? {
        StoreCreation::Created(store) => Ok((franchise, store)),
        StoreCreation::UnknownFranchise => bail!("a franchise was lost"),
    }
}

async fn start_factory(program: &Path, folder: &Path) -> anyhow::Result<(Process, u16)> {
    for _ in 0..PORT_TRIES {
        let port = free_port()?;
        let mut factory = command(program);
        factory.args(["factory", "--log-format", "json", "--port", &port.to_string(), "--data", "factory"]);
        factory.env("PIZZA_FACTORY_VENDORS", format!("{VENDOR}:{API_KEY}")).current_dir(folder);
        let mut process = Process::spawn("factory", factory, log_file(folder, "factory"))?;
        match process.answers(&format!("http://127.0.0.1:{port}/livez")).await {
            Ok(()) => return Ok((process, port)),
            Err(error) if is_port_clash(&error) => {}
            Err(error) => return Err(error),
        }
    }
    bail!("no port is free")
}

fn is_port_clash(error: &anyhow::Error) -> bool {
    format!("{error:#}").contains("cannot listen on")
}

/// A port of the loopback that nobody listens on.
///
/// It is below those that the system hands out by itself (from 32768 on Linux): ours must still be free after
/// a restart, and after a factory that was `down`, whatever connections were made meanwhile.
///
/// # Errors
/// When every port is taken.
pub fn free_port() -> anyhow::Result<u16> {
    const FIRST: u16 = 16_000;
    const COUNT: u16 = 16_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test programs that run side by side start at different places.
    let start = u16::try_from(std::process::id() % u32::from(COUNT))?;
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(7);
        let port = FIRST + (start.wrapping_mul(31).wrapping_add(step)) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free")
}

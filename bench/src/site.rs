//! Our side: the real program in release, and the database it starts from, with something to order and with diners
//! who are signed in.

use crate::{
    bench::{Bench, CONNECTIONS},
    load::{Connection, request},
    process::{Server, free_address},
};
use anyhow::{Context, bail};
use domain::{Bitcoin, EmailAddress, NewMenuItem};
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};
use store::{
    FranchiseCreation, MysqlOptions, MysqlStore, NewFranchise, SqliteOptions, SqliteStore, Store,
    StoreCreation,
};

/// Our name as a vendor of the factory.
pub const VENDOR: &str = "bench";
/// Our key as that vendor.
pub const API_KEY: &str = "bench-key";
const CIRCUIT_OPENS_WITHIN: Duration = Duration::from_secs(20);
const MENU: [(&str, i64); 2] = [("Veggie", 380_000), ("Pepperoni", 420_000)];

/// Environment variables of the order service: name without `PIZZA_`, and value.
pub type Settings = Vec<(&'static str, String)>;

/// Where a service keeps everything.
#[derive(Clone)]
pub enum Database {
    /// A SQLite file.
    File(PathBuf),
    /// A database of a MariaDB server.
    Url(String),
}

/// A database that is ready for diners, and the diners.
pub struct Site {
    database: Database,
    /// One signed-in diner for each connection.
    pub tokens: Vec<String>,
    franchise: i64,
    store: i64,
}

impl Site {
    /// Seeds a file and registers the diners over the API, as they come in life.
    pub fn build(bench: &Bench) -> anyhow::Result<Self> {
        let path = bench.fresh_path("seed.db")?;
        let site = Self::on(bench, Database::File(path.clone()))?;
        put_log_into_file(&path)?;
        Ok(site)
    }

    /// The same in any empty database.
    pub fn on(bench: &Bench, database: Database) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (franchise, store) = runtime.block_on(seed(&database))?;
        let mut site = Self { database, tokens: Vec::new(), franchise, store };
        site.tokens = site.sessions(bench, &site.database, "POST")?;
        Ok(site)
    }

    /// A site whose diners were registered in an earlier run: they log in again.
    pub fn again(bench: &Bench, database: PathBuf) -> anyhow::Result<Self> {
        // What the seed made was the first of its kind.
        let mut site =
            Self { database: Database::File(database), tokens: Vec::new(), franchise: 1, store: 1 };
        site.tokens = site.sessions(bench, &site.database, "PUT")?;
        Ok(site)
    }

    fn sessions(&self, bench: &Bench, database: &Database, method: &str) -> anyhow::Result<Vec<String>> {
        let historic = vec![("AUTH__PASSWORD_POLICY", "historic".to_owned())];
        let service = self.serve_on(bench, database, &historic)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(sessions(service.address, method))
    }

    /// Copies the database.
    pub fn copy_to(&self, path: &Path) -> anyhow::Result<()> {
        let Database::File(own) = &self.database else { bail!("only a file can be copied") };
        fs::copy(own, path).context("the seeded database cannot be copied")?;
        Ok(())
    }

    /// Starts the order service on this file.
    pub fn serve(&self, bench: &Bench, file: &Path, settings: &Settings) -> anyhow::Result<Server> {
        self.serve_on(bench, &Database::File(file.to_owned()), settings)
    }

    /// Starts the order service on the site's own database.
    pub fn serve_own(&self, bench: &Bench, settings: &Settings) -> anyhow::Result<Server> {
        self.serve_on(bench, &self.database, settings)
    }

    /// Starts the order service on this database. Its logs are as in production, and go nowhere.
    pub fn serve_on(
        &self,
        bench: &Bench,
        database: &Database,
        settings: &Settings,
    ) -> anyhow::Result<Server> {
        let address = free_address()?;
        let mut command = Command::new(bench.pizza());
        command.env_clear().args(["serve", "--port", &address.port().to_string()]);
        match database {
            Database::File(path) => command.arg("--database").arg(path),
            Database::Url(url) => command.env("PIZZA_DATABASE__URL", url),
        };
        for (name, value) in settings {
            // What others have named is not ours to prefix.
            let name = if name.starts_with("OTEL_") { (*name).to_owned() } else { format!("PIZZA_{name}") };
            command.env(name, value);
        }
        Server::start(&mut command, address, "/readyz")
    }

    /// For each diner the request of an order of two pizzas.
    pub fn orders(&self) -> Vec<Vec<u8>> {
        let body =
            json!({ "franchiseId": self.franchise, "storeId": self.store, "items": items() }).to_string();
        self.for_each_diner("POST", "/api/order", Some(&body))
    }

    /// For each diner the same request with their session.
    pub fn for_each_diner(&self, method: &str, path: &str, body: Option<&str>) -> Vec<Vec<u8>> {
        self.tokens.iter().map(|token| request(method, path, Some(token), body)).collect()
    }

    /// Orders until the circuit is open, when nothing but a failing factory is behind `service`.
    pub fn close_kitchen(&self, service: &Server) -> anyhow::Result<()> {
        let order = &self.orders()[0];
        let status = request("GET", "/api/status", None, None);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut diner = Connection::open(service.address).await?;
            let begun = Instant::now();
            while begun.elapsed() < CIRCUIT_OPENS_WITHIN {
                diner.exchange(order).await?;
                diner.exchange(&status).await?;
                if serde_json::from_slice::<Value>(diner.body())?["kitchen"] == "closed" {
                    return Ok(());
                }
            }
            bail!("the kitchen is still open after {CIRCUIT_OPENS_WITHIN:?} of a failing factory")
        })
    }
}

/// What is ordered: two pizzas, as clients send them.
pub fn items() -> Value {
    let item = |(number, (title, satoshi)): (usize, &(&str, i64))| json!({ "menuId": number + 1, "description": title, "price": *satoshi as f64 / 1e8 });
    MENU.iter().enumerate().map(item).collect()
}

/// Settings for a service whose factory nobody runs.
pub fn no_factory() -> anyhow::Result<Settings> {
    Ok(with_factory(free_address()?))
}

/// Settings for a service with this factory.
pub fn with_factory(factory: SocketAddr) -> Settings {
    vec![
        ("FACTORY__URL", format!("http://{factory}")),
        ("FACTORY__API_KEY", API_KEY.to_owned()),
        ("FACTORY__VENDOR_ID", VENDOR.to_owned()),
    ]
}

/// Our factory, new, with a key of so many bits.
pub fn factory(bench: &Bench, rsa_bits: u32) -> anyhow::Result<Server> {
    let address = free_address()?;
    let mut command = Command::new(bench.pizza());
    command.env_clear().args(["factory", "--port", &address.port().to_string()]);
    command.args(["--rsa-bits", &rsa_bits.to_string(), "--vendor", &format!("{VENDOR}:{API_KEY}")]);
    command.arg("--data").arg(bench.fresh_path("factory")?);
    Server::start(&mut command, address, "/livez")
}

/// Makes the factory fail every order, for longer than any measurement takes.
pub fn fail_from_now_on(factory: &Server) -> anyhow::Result<()> {
    let body = json!({ "durationSeconds": 3600 }).to_string();
    let request = request("PUT", "/api/vendor/chaos/fail", Some(API_KEY), Some(&body));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut vendor = Connection::open(factory.address).await?;
        match vendor.exchange(&request).await? {
            200 => Ok(()),
            other => bail!("the factory answered {other}: {}", String::from_utf8_lossy(vendor.body())),
        }
    })
}

async fn seed(database: &Database) -> anyhow::Result<(i64, i64)> {
    let store: Box<dyn Store> = match database {
        Database::File(path) => {
            Box::new(SqliteStore::open(SqliteOptions { path: path.clone(), clock: Default::default() })?)
        }
        Database::Url(url) => Box::new(MysqlStore::open(MysqlOptions::from_url(url)?).await?),
    };
    for (number, (title, satoshi)) in MENU.into_iter().enumerate() {
        let item = NewMenuItem {
            title: title.to_owned(),
            image: format!("pizza{}.png", number + 1),
            price: Bitcoin::from_satoshi(satoshi),
            description: "A garden of delight".to_owned(),
        };
        store.add_menu_item(item).await?;
    }
    let franchise = NewFranchise { name: "pizzaPocket".to_owned(), admins: Vec::<EmailAddress>::new() };
    let FranchiseCreation::Created { id: franchise, .. } = store.create_franchise(franchise).await? else {
        bail!("a new database has a franchise already");
    };
    let StoreCreation::Created(store) = store.create_store(franchise, "SLC").await? else {
        bail!("the franchise is gone");
    };
    Ok((franchise.0, store.0))
}

/// Registers the diners (POST) or logs them in (PUT).
async fn sessions(service: SocketAddr, method: &str) -> anyhow::Result<Vec<String>> {
    let mut connection = Connection::open(service).await?;
    let mut tokens = Vec::with_capacity(CONNECTIONS);
    for diner in 0..CONNECTIONS {
        let account = json!({ "name": format!("diner {diner}"), "email": format!("d{diner}@jwt.com"), "password": "diner" });
        let status =
            connection.exchange(&request(method, "/api/auth", None, Some(&account.to_string()))).await?;
        let answer: Value = serde_json::from_slice(connection.body())?;
        match answer["token"].as_str() {
            Some(token) if status == 200 => tokens.push(token.to_owned()),
            _ => bail!("a diner got no session: {status} {answer}"),
        }
    }
    Ok(tokens)
}

/// The service was ended without ceremony; afterwards the file alone is the database.
fn put_log_into_file(database: &Path) -> anyhow::Result<()> {
    let connection = rusqlite::Connection::open(database)?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

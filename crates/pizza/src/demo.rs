//! `pizza demo`: the whole system on this machine, with something in it to play with.

use crate::process::{listen, shutdown_signal};
use anyhow::{Context, bail};
use clap::Args;
use domain::{Bitcoin, EmailAddress, Name, NewMenuItem, Role};
use factory::{FactoryConfig, SeedVendor};
use service::{
    CreateUserError, Service,
    config::{Config, Flags},
};
use std::{net::IpAddr, path::PathBuf};
use store::{FranchiseCreation, NewFranchise};

const PIZZAS: [(&str, &str, i64, &str); 5] = [
    ("Veggie", "pizza1.png", 380_000, "A garden of delight"),
    ("Pepperoni", "pizza2.png", 420_000, "Spicy treat"),
    ("Margarita", "pizza3.png", 420_000, "Essential classic"),
    ("Crusty", "pizza4.png", 280_000, "A dry mouthed favorite"),
    ("Charred Leopard", "pizza5.png", 990_000, "For those with a darker side"),
];
const ACCOUNTS: [(&str, &str, &str, Role); 3] = [
    ("常用名字", "a@jwt.com", "admin", Role::Admin),
    ("pizza diner", "d@jwt.com", "diner", Role::Diner),
    ("pizza franchisee", "f@jwt.com", "franchisee", Role::Diner),
];
const FRANCHISE: &str = "pizzaPocket";
const STORE: &str = "SLC";
const VENDOR: &str = "demo";
const API_KEY: &str = "demo-key";

/// Run everything on this machine: the order service, a factory, and known accounts to play with.
///
/// The accounts' passwords are public, so it listens on loopback only.
#[derive(Args)]
pub struct Demo {
    /// The port of the order service.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// The port of the factory.
    #[arg(long, default_value_t = 3001)]
    factory_port: u16,
    /// The folder for all data.
    #[arg(long, default_value = "data", value_name = "FOLDER")]
    data: PathBuf,
    /// The address to listen on; loopback only.
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: IpAddr,
    /// Listen on an address that others can reach, with accounts whose passwords everybody knows.
    #[arg(long)]
    i_know_the_accounts_are_public: bool,
    /// Log lines as auto, json or pretty.
    #[arg(long, default_value = "auto", value_name = "FORMAT")]
    log_format: String,
    /// The log level.
    #[arg(long, default_value = "warn", value_name = "LEVEL")]
    log_level: String,
}

impl Demo {
    pub async fn run(self) -> anyhow::Result<()> {
        if !self.host.is_loopback() && !self.i_know_the_accounts_are_public {
            bail!(
                "the demo's accounts have passwords that everybody knows, so it listens on loopback only; \
                 use `pizza serve` for others, or --i-know-the-accounts-are-public"
            );
        }
        let _telemetry = telemetry::start(telemetry::Options {
            format: self.log_format.parse()?,
            filter: &self.log_level,
            service: telemetry::SERVICE_NAME,
            version: service::VERSION,
            instance: telemetry::instance_id(),
        })?;
        let shutdown = shutdown_signal()?;
        let for_orders = listen(self.host, self.port, "--port").await?;
        let for_factory = listen(self.host, self.factory_port, "--factory-port").await?;
        let (orders_at, factory_at) = (for_orders.local_addr()?, for_factory.local_addr()?);

        let service =
            Service::open(Config::load(None, self.settings(&format!("http://{factory_at}")))?).await?;
        seed(&service).await?;
        let factory = tokio::spawn(factory::serve(for_factory, self.factory(), shutdown.clone()));
        print!("{}", welcome(&orders_at.to_string(), &factory_at.to_string()));

        let served = service.serve(for_orders, shutdown.clone()).await;
        shutdown.cancel();
        factory.await?.context("the factory stopped")?;
        Ok(served?)
    }

    fn settings(&self, factory: &str) -> Flags {
        vec![
            ("database.path", self.data.join("pizza.db").display().to_string().into()),
            ("factory.url", factory.into()),
            ("factory.api_key", API_KEY.into()),
            ("factory.vendor_id", VENDOR.into()),
            ("auth.password_policy", "historic".into()),
        ]
    }

    fn factory(&self) -> FactoryConfig {
        let vendor =
            SeedVendor { id: VENDOR.to_owned(), name: "JWT Pizza demo".to_owned(), api_key: API_KEY.into() };
        FactoryConfig {
            seed_vendors: vec![vendor],
            admins: vec![VENDOR.to_owned()],
            ..FactoryConfig::new(self.data.join("factory"))
        }
    }
}

/// Puts in what is missing, so that a second start finds everything as it was left.
async fn seed(service: &Service) -> anyhow::Result<()> {
    let store = service.store();
    if store.menu().await?.0.is_empty() {
        for (title, image, satoshi, description) in PIZZAS {
            let price = Bitcoin::from_satoshi(satoshi);
            let [title, image, description] = [title, image, description].map(str::to_owned);
            store.add_menu_item(NewMenuItem { title, image, price, description }).await?;
        }
    }
    for (name, email, password, role) in ACCOUNTS {
        let (name, email) = (Name::parse(name)?, EmailAddress::parse(email)?);
        match service.create_user(name, email, password.into(), vec![role]).await {
            Ok(_) | Err(CreateUserError::EmailTaken(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let admins = vec![EmailAddress::parse("f@jwt.com")?];
    let new = NewFranchise { name: FRANCHISE.to_owned(), admins };
    if let FranchiseCreation::Created { id, .. } = store.create_franchise(new).await? {
        store.create_store(id, STORE).await?;
    }
    Ok(())
}

fn welcome(orders: &str, factory: &str) -> String {
    format!(
        r#"
  JWT Pizza is open.

    open     http://{orders}      in a browser: the menu, your orders, the kitchen
    API      http://{orders}/docs
    factory  http://{factory}

    diner       d@jwt.com / diner
    franchisee  f@jwt.com / franchisee
    admin       a@jwt.com / admin

  Order a pizza:

    TOKEN=$(curl -s -X PUT http://{orders}/api/auth -H 'Content-Type: application/json' \
      -d '{{"email":"d@jwt.com","password":"diner"}}' | sed 's/.*"token":"\([^"]*\)".*/\1/')
    curl -s http://{orders}/api/order -H "Authorization: Bearer $TOKEN" \
      -H 'Content-Type: application/json' -d '{{"franchiseId":1,"storeId":1,"items":[{{"menuId":1}}]}}'

  Then close the kitchen for a minute and order again:

    pizza chaos start fail --for 1m --factory http://{factory}

  Ctrl-C stops everything; nothing is lost.

"#
    )
}

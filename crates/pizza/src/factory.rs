//! `pizza factory`: the pizza factory.

use crate::process::{listen, shutdown_signal};
use anyhow::Context;
use clap::Args;
use factory::{FactoryConfig, Mail, RsaBits, SeedVendor};
use std::{net::IpAddr, path::PathBuf};

/// Run a pizza factory: makes pizzas (signed JWTs) for its vendors, and misbehaves on request.
///
/// Its key, its vendors, their chaos and their pizzas survive a restart.
#[derive(Args)]
pub struct Factory {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: IpAddr,
    /// The port to listen on.
    #[arg(long, default_value_t = 3001)]
    port: u16,
    /// The folder for its key and its data.
    #[arg(long, default_value = "data/factory", value_name = "FOLDER")]
    data: PathBuf,
    /// A vendor that exists from the start, as id:api-key. May be given several times.
    #[arg(long = "vendor", value_name = "ID:KEY", env = "PIZZA_FACTORY_VENDORS", value_delimiter = ',', value_parser = vendor)]
    vendors: Vec<SeedVendor>,
    /// A vendor that runs the factory: sees all vendors, makes others administrators, deletes. May be given several times.
    #[arg(long = "admin", value_name = "ID")]
    admins: Vec<String>,
    /// Where the one-time codes go with which vendors sign in: log, off, or a file.
    #[arg(long, default_value = "log", value_name = "log|off|FILE")]
    mail: String,
    /// An origin whose pages may call this factory; a star stands for any port. May be given several times.
    #[arg(long = "allow-origin", default_value = "http://localhost:*", value_name = "ORIGIN")]
    allowed_origins: Vec<String>,
    /// The size of the signing key that is made at first start: 2048 or 4096.
    #[arg(long, default_value_t = 2048, value_name = "BITS")]
    rsa_bits: u32,
    /// Log lines as auto, json or pretty.
    #[arg(long, default_value = "auto", value_name = "FORMAT")]
    log_format: String,
    /// The log level.
    #[arg(long, default_value = "info", value_name = "LEVEL")]
    log_level: String,
}

impl Factory {
    pub async fn run(self) -> anyhow::Result<()> {
        let _telemetry = telemetry::start(telemetry::Options {
            format: self.log_format.parse()?,
            filter: &self.log_level,
            service: "jwt-pizza-factory",
            version: env!("CARGO_PKG_VERSION"),
            instance: telemetry::instance_id(),
        })?;
        let shutdown = shutdown_signal()?;
        let listener = listen(self.host, self.port, "--port").await?;
        let config = FactoryConfig {
            rsa_bits: RsaBits::try_from(self.rsa_bits)?,
            seed_vendors: self.vendors,
            admins: self.admins,
            mail: mail(&self.mail),
            allowed_origins: self.allowed_origins,
            ..FactoryConfig::new(self.data)
        };
        tracing::info!(component = "factory", address = %listener.local_addr()?, "the ovens are hot");
        factory::serve(listener, config, shutdown).await.context("the factory stopped")?;
        Ok(())
    }
}

fn mail(to: &str) -> Mail {
    match to {
        "log" => Mail::Log,
        "off" => Mail::Off,
        file => Mail::File(file.into()),
    }
}

fn vendor(text: &str) -> Result<SeedVendor, String> {
    match text.split_once(':') {
        Some((id, key)) if !id.is_empty() && !key.is_empty() => {
            Ok(SeedVendor { id: id.to_owned(), name: id.to_owned(), api_key: key.to_owned().into() })
        }
        _ => Err("a vendor is given as id:api-key".to_owned()),
    }
}

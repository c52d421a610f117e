//! `pizza serve`: the order service.

use crate::process::{listen, shutdown_signal};
use clap::Args;
use secrecy::ExposeSecret;
use service::{
    NewAdmin, Service,
    config::{Config, Flags},
};
use std::{
    io::{self, Write},
    net::IpAddr,
    path::PathBuf,
};

/// Run the order service.
///
/// Configuration comes from a TOML file (--config), then the environment (PIZZA_HTTP__PORT=3000 sets http.port),
/// then flags; what comes later wins. It is checked at start, and an error names the key.
#[derive(Args)]
pub struct Serve {
    /// The configuration file.
    #[arg(long, env = "PIZZA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The address to listen on [http.host, default 127.0.0.1].
    #[arg(long, value_name = "ADDRESS")]
    host: Option<IpAddr>,
    /// The port to listen on, 0 for any free one [http.port, default 3000].
    #[arg(long)]
    port: Option<u16>,
    /// The SQLite file [database.path, default data/pizza.db].
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// Where the pizza factory is [factory.url, default http://127.0.0.1:3001].
    #[arg(long, value_name = "URL")]
    factory_url: Option<String>,
}

impl Serve {
    pub async fn run(self) -> anyhow::Result<()> {
        let config = Config::load(self.config.clone(), self.flags())?;
        let _telemetry = telemetry::start(telemetry::Options {
            format: config.log.format.parse()?,
            filter: &config.log.level,
            service: telemetry::SERVICE_NAME,
            version: service::VERSION,
            instance: &config.instance_name(),
        })?;
        let shutdown = shutdown_signal()?;
        let listener = listen(config.http.host, config.http.port, "--port").await?;
        let address = listener.local_addr()?;
        let service = Service::open(config).await?;
        if let Some(admin) = service.ensure_admin().await? {
            announce(&admin)?;
        }
        tracing::info!("type" = "http", component = "service", %address, "serving");
        service.serve(listener, shutdown).await?;
        tracing::info!("type" = "http", component = "service", "stopped");
        Ok(())
    }

    fn flags(self) -> Flags {
        let host = self.host.map(|host| ("http.host", host.to_string().into()));
        let port = self.port.map(|port| ("http.port", port.into()));
        let database = self.database.map(|path| ("database.path", path.display().to_string().into()));
        let factory = self.factory_url.map(|url| ("factory.url", url.into()));
        [host, port, database, factory].into_iter().flatten().collect()
    }
}

/// Says once who the first admin is. The password goes to standard error, past the log lines on standard output,
/// which may be shipped to where many can read them.
fn announce(admin: &NewAdmin) -> io::Result<()> {
    tracing::warn!("type" = "audit", component = "auth", email = %admin.email, "there was no admin: an account was opened");
    let Some(password) = &admin.made_up else { return Ok(()) };
    let (email, password) = (&admin.email, password.expose_secret());
    writeln!(
        io::stderr(),
        "\n  There was no admin, so one was made:\n\n    e-mail    {email}\n    password  {password}\n\n  \
         This is shown only once. Log in and change it.\n"
    )
}

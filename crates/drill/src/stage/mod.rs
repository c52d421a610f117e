//! The stage: a factory and a service of the drill's own, on free ports and in a folder that is deleted afterwards.

mod process;
mod seed;

use crate::speed::{Scaled, Speed};
use anyhow::{Context, bail};
use process::{Process, command, free_port};
pub(crate) use seed::{Admin, AdminSession, POISON};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const VENDOR: &str = "drill";
const ADMIN: &str = "admin@drill.example";
/// Tries to find a port that nobody else takes meanwhile.
const PORT_TRIES: u32 = 10;

/// `pizza factory` and `pizza serve`. Dropped, both are killed.
pub(crate) struct Stage {
    program: PathBuf,
    settings: Vec<(String, String)>,
    pub scaled: Vec<Scaled>,
    _factory: Process,
    factory_port: u16,
    service: Option<Process>,
    service_port: u16,
    pub admin: Admin,
    pub api_key: String,
    folder: TempDir,
}

impl Stage {
    /// The factory alone; the service is to be started.
    pub async fn set(program: &Path, speed: Speed, pager: &str) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let api_key = secret();
        let (factory, factory_port) = start_factory(program, folder.path(), &api_key).await?;
        let admin = Admin { email: ADMIN.to_owned(), password: secret() };
        let (faster, scaled) = speed.settings();
        let contact = format!(r#"[{{name="drill",type="webhook",url="{pager}",least_severity="page"}}]"#);
        let own = [
            ("database.path", "pizza.db".to_owned()),
            ("log.format", "json".to_owned()),
            ("factory.url", format!("http://127.0.0.1:{factory_port}")),
            ("factory.api_key", api_key.clone()),
            ("factory.vendor_id", VENDOR.to_owned()),
            ("auth.first_admin.email", ADMIN.to_owned()),
            ("auth.first_admin.password", admin.password.clone()),
            ("alerts.contact_points", contact),
        ];
        let settings = own.map(|(key, value)| (key.to_owned(), value)).into_iter().chain(faster).collect();
        Ok(Self {
            program: program.to_owned(),
            settings,
            scaled,
            _factory: factory,
            factory_port,
            service: None,
            service_port: 0,
            admin,
            api_key,
            folder,
        })
    }

    /// From now on the service goes to the factory by this way.
    pub fn lead_through(&mut self, door: &str) {
        self.settings.push(("factory.url".to_owned(), door.to_owned()));
    }

    /// Starts the service, on the same database and the same port as last time.
    pub async fn start_service(&mut self) -> anyhow::Result<()> {
        for _ in 0..PORT_TRIES {
            let port = if self.service_port == 0 { free_port()? } else { self.service_port };
            let mut serve = command(&self.program);
            serve.args(["serve", "--port", &port.to_string()]).current_dir(self.folder.path());
            for (key, value) in &self.settings {
                serve.env(format!("PIZZA_{}", key.replace('.', "__").to_uppercase()), value);
            }
            let mut service = Process::spawn("the service", serve, self.service_log())?;
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

    /// SIGKILL: the service gets no chance to do anything more.
    pub fn kill_service(&mut self) -> anyhow::Result<()> {
        self.service.take().context("the service does not run")?.kill()
    }

    pub fn service_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.service_port)
    }

    pub fn factory_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.factory_port)
    }

    pub fn factory_log(&self) -> PathBuf {
        log_file(self.folder.path(), "factory")
    }

    pub fn service_log(&self) -> PathBuf {
        log_file(self.folder.path(), "service")
    }
}

async fn start_factory(program: &Path, folder: &Path, api_key: &str) -> anyhow::Result<(Process, u16)> {
    for _ in 0..PORT_TRIES {
        let port = free_port()?;
        let mut factory = command(program);
        factory.args(["factory", "--log-format", "json", "--port", &port.to_string(), "--data", "factory"]);
        factory.env("PIZZA_FACTORY_VENDORS", format!("{VENDOR}:{api_key}")).current_dir(folder);
        let mut process = Process::spawn("the factory", factory, log_file(folder, "factory"))?;
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

fn log_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.log"))
}

/// Nobody needs to know it for longer than the drill.
fn secret() -> String {
    format!("{:032x}", fastrand::u128(..))
}

//! The stage: a factory and a service of the drill's own, on free ports and in a folder that is deleted afterwards.

mod database;
mod process;
mod seed;

use crate::{
    scenario::{self, Scenario},
    speed::{Scaled, Speed},
};
use anyhow::{Context, bail};
use database::Database;
use process::{Process, command, free_port};
pub(crate) use seed::{Admin, AdminSession, POISON};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const VENDOR: &str = "drill";
const ADMIN: &str = "admin@drill.example";
/// Tries to find a port that nobody else takes meanwhile.
const PORT_TRIES: u32 = 10;

/// `pizza factory`, and `pizza serve` once or several times. Dropped, all are killed.
pub(crate) struct Stage {
    program: PathBuf,
    settings: Vec<(String, String)>,
    pub scaled: Vec<Scaled>,
    _factory: Process,
    factory_port: u16,
    instances: Vec<Instance>,
    /// After the instances, so that it is dropped after them.
    database: Option<Database>,
    pub admin: Admin,
    pub api_key: String,
    folder: TempDir,
}

/// One of those that are the service together.
#[derive(Default)]
struct Instance {
    process: Option<Process>,
    /// 0 before its first start.
    port: u16,
}

impl Stage {
    /// The factory and the database alone; the service is to be started.
    pub async fn set(program: &Path, scenario: &Scenario, speed: Speed, pager: &str) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let database = match scenario.database {
            scenario::Database::Sqlite => None,
            scenario::Database::Mariadb => Some(Database::start().await?),
        };
        let api_key = secret();
        let (factory, factory_port) = start_factory(program, folder.path(), &api_key).await?;
        let admin = Admin { email: ADMIN.to_owned(), password: secret() };
        let (faster, scaled) = speed.settings();
        let contact = format!(r#"[{{name="drill",type="webhook",url="{pager}",least_severity="page"}}]"#);
        let own = [
            match &database {
                None => ("database.path", "pizza.db".to_owned()),
                Some(database) => ("database.url", database.url.clone()),
            },
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
            instances: (0..scenario.instances).map(|_| Instance::default()).collect(),
            database,
            admin,
            api_key,
            folder,
        })
    }

    /// From now on the service goes to the factory by this way.
    pub fn lead_through(&mut self, door: &str) {
        self.settings.push(("factory.url".to_owned(), door.to_owned()));
    }

    /// Starts every instance of the service that does not run, on the same database and the same port as last time.
    pub async fn start_service(&mut self) -> anyhow::Result<()> {
        for number in 0..self.instances.len() {
            if self.instances[number].process.is_none() {
                let (process, port) = self.started(number).await?;
                self.instances[number] = Instance { process: Some(process), port };
            }
        }
        Ok(())
    }

    async fn started(&self, number: usize) -> anyhow::Result<(Process, u16)> {
        let last_port = self.instances[number].port;
        for _ in 0..PORT_TRIES {
            let port = if last_port == 0 { free_port()? } else { last_port };
            let mut serve = command(&self.program);
            serve.args(["serve", "--port", &port.to_string()]).current_dir(self.folder.path());
            for (key, value) in &self.settings {
                serve.env(format!("PIZZA_{}", key.replace('.', "__").to_uppercase()), value);
            }
            let mut service = Process::spawn("the service", serve, self.service_log(number))?;
            match service.answers(&format!("http://127.0.0.1:{port}/readyz")).await {
                Ok(()) => return Ok((service, port)),
                Err(error) if last_port == 0 && is_port_clash(&error) => {}
                Err(error) => return Err(error),
            }
        }
        bail!("no port is free")
    }

    /// SIGKILL for the service's last instance: it gets no chance to do anything more.
    pub fn kill_service(&mut self) -> anyhow::Result<()> {
        let last = self.instances.last_mut().and_then(|instance| instance.process.take());
        last.context("the service does not run")?.kill()
    }

    /// SIGKILL for the database.
    pub async fn kill_database(&mut self) -> anyhow::Result<()> {
        self.database.as_mut().context("there is no database to kill")?.kill().await
    }

    /// Starts the database again.
    pub async fn restart_database(&mut self) -> anyhow::Result<()> {
        self.database.as_mut().context("there is no database to start")?.restart().await
    }

    /// Every instance's.
    pub fn service_urls(&self) -> Vec<String> {
        self.instances.iter().map(|instance| format!("http://127.0.0.1:{}", instance.port)).collect()
    }

    pub fn factory_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.factory_port)
    }

    pub fn factory_log(&self) -> PathBuf {
        log_file(self.folder.path(), "factory")
    }

    /// Everybody's, by the name of its file.
    pub fn logs(&self) -> Vec<PathBuf> {
        let services = (0..self.instances.len()).map(|number| self.service_log(number));
        services.chain([self.factory_log()]).collect()
    }

    fn service_log(&self, number: usize) -> PathBuf {
        let name = if number == 0 { "service".to_owned() } else { format!("service-{}", number + 1) };
        log_file(self.folder.path(), &name)
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

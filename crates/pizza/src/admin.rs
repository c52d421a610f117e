//! `pizza admin`: what an administrator does at the machine, beside the running service.

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use domain::{EmailAddress, Name, Role};
use secrecy::SecretString;
use service::{Service, config::Config};
use std::{
    io::{self, IsTerminal},
    path::PathBuf,
};

/// Administer an installation, at the machine that holds its database.
#[derive(Subcommand)]
pub enum Admin {
    CreateUser(CreateUser),
}

/// Open an account; the password is read from PIZZA_NEW_PASSWORD or from standard input, never from a flag.
///
/// Example: echo 'correct horse battery' | pizza admin create-user --name Ada --email ada@example.com --role admin
#[derive(Args)]
pub struct CreateUser {
    /// The configuration file of the installation.
    #[arg(long, env = "PIZZA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The SQLite file [database.path, default data/pizza.db].
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// The person's name.
    #[arg(long)]
    name: String,
    /// The person's e-mail address, with which they log in.
    #[arg(long)]
    email: String,
    /// What they may do.
    #[arg(long, value_enum, default_value = "diner")]
    role: RoleName,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    Diner,
    Admin,
}

impl Admin {
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::CreateUser(create) => create.run().await,
        }
    }
}

impl CreateUser {
    async fn run(self) -> anyhow::Result<()> {
        let name = Name::parse(&self.name).context("--name")?;
        let email = EmailAddress::parse(&self.email).context("--email")?;
        let role = match self.role {
            RoleName::Diner => Role::Diner,
            RoleName::Admin => Role::Admin,
        };
        let flags = self.database.map(|path| ("database.path", path.display().to_string().into()));
        let service = Service::open(Config::load(self.config, flags.into_iter().collect())?).await?;
        let user = service.create_user(name, email, password()?, vec![role]).await?;
        println!("Created {} <{}> with id {}.", user.name, user.email, user.id);
        Ok(())
    }
}

fn password() -> anyhow::Result<SecretString> {
    if let Ok(password) = std::env::var("PIZZA_NEW_PASSWORD") {
        return Ok(password.into());
    }
    if io::stdin().is_terminal() {
        println!("Password (it is shown as you type; pipe it in to avoid that):");
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line).context("the password could not be read")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("no password: pipe it in, or set PIZZA_NEW_PASSWORD");
    }
    Ok(password.to_owned().into())
}

//! `pizza admin create-user`

use super::{installation::Installation, password};
use anyhow::Context;
use clap::{Args, ValueEnum};
use domain::{EmailAddress, Name, Role};

/// Open an account; the password is read from PIZZA_NEW_PASSWORD or from standard input, never from a flag.
///
/// Example: echo 'correct horse battery' | pizza admin create-user --name Ada --email ada@example.com --role admin
#[derive(Args)]
pub struct CreateUser {
    #[command(flatten)]
    installation: Installation,
    /// The person's name.
    #[arg(long)]
    name: String,
    /// The person's e-mail address, with which they log in.
    #[arg(long)]
    email: String,
    /// What they may do. Franchisees are made when their franchise is created.
    #[arg(long, value_enum, default_value = "diner")]
    role: RoleName,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    Diner,
    Admin,
}

impl CreateUser {
    pub async fn run(self) -> anyhow::Result<()> {
        let name = Name::parse(&self.name).context("--name")?;
        let email = EmailAddress::parse(&self.email).context("--email")?;
        let role = match self.role {
            RoleName::Diner => Role::Diner,
            RoleName::Admin => Role::Admin,
        };
        let service = self.installation.open().await?;
        let user = service.create_user(name, email, password::read()?, vec![role]).await?;
        service.record_act("user.create", format!("user {}", user.id)).await?;
        println!("Created {} <{}> with id {}.", user.name, user.email, user.id);
        Ok(())
    }
}

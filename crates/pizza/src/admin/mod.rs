//! `pizza admin`: what an administrator does at the machine, beside the running service.

mod audit;
mod backup;
mod create_user;
mod doctor;
mod installation;
mod list_users;
mod migrate;
mod password;
mod reset_password;
mod restore;

pub use installation::Installation;

use clap::Subcommand;

/// Administer an installation, at the machine that holds its database or its configuration.
#[derive(Subcommand)]
pub enum Admin {
    CreateUser(create_user::CreateUser),
    ResetPassword(reset_password::ResetPassword),
    ListUsers(list_users::ListUsers),
    Audit(audit::Audit),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Migrate(migrate::Migrate),
    Doctor(doctor::Doctor),
}

impl Admin {
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::CreateUser(command) => command.run().await,
            Self::ResetPassword(command) => command.run().await,
            Self::ListUsers(command) => command.run().await,
            Self::Audit(command) => command.run().await,
            Self::Backup(command) => command.run(),
            Self::Restore(command) => command.run(),
            Self::Migrate(command) => command.run().await,
            Self::Doctor(command) => command.run().await,
        }
    }
}

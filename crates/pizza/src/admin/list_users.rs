//! `pizza admin list-users`

use super::installation::Installation;
use clap::Args;
use comfy_table::{Table, presets::NOTHING};
use domain::Role;
use store::UserQuery;

/// List accounts, by id.
///
/// Example: pizza admin list-users --name 'ada*'
#[derive(Args)]
pub struct ListUsers {
    #[command(flatten)]
    installation: Installation,
    /// The name to match; * stands for anything.
    #[arg(long, default_value = "*")]
    name: String,
    /// The page, counted from 1.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
    /// Accounts a page.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

impl ListUsers {
    pub async fn run(self) -> anyhow::Result<()> {
        let service = self.installation.open().await?;
        let query = UserQuery { page: self.page - 1, per_page: self.limit, name: self.name };
        let found = service.store().users(query).await?;
        let mut table = Table::new();
        table.load_style(NOTHING).set_header(["id", "name", "email", "roles"]);
        for user in &found.users {
            let roles: Vec<_> = user.roles.iter().copied().map(words).collect();
            table.add_row([
                user.id.to_string(),
                user.name.to_string(),
                user.email.to_string(),
                roles.join(", "),
            ]);
        }
        println!("{table}");
        if found.more {
            println!("There are more: --page {}", self.page + 1);
        }
        Ok(())
    }
}

fn words(role: Role) -> String {
    match role {
        Role::Diner => "diner".to_owned(),
        Role::Franchisee(franchise) => format!("franchisee of {franchise}"),
        Role::Admin => "admin".to_owned(),
    }
}

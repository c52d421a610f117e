//! `pizza admin reset-password`

use super::{installation::Installation, password};
use anyhow::bail;
use clap::Args;
use domain::UserId;
use service::Service;

/// Give an account a new password, which ends all its sessions; it is read from PIZZA_NEW_PASSWORD or from
/// standard input, never from a flag.
///
/// Example: echo 'correct horse battery' | pizza admin reset-password --email ada@example.com
#[derive(Args)]
#[group(id = "who", required = true, multiple = false, args = ["email", "id"])]
pub struct ResetPassword {
    #[command(flatten)]
    installation: Installation,
    /// The account's e-mail address.
    #[arg(long)]
    email: Option<String>,
    /// The account's id: a historic database may hold several accounts with one address.
    #[arg(long)]
    id: Option<i64>,
}

impl ResetPassword {
    pub async fn run(self) -> anyhow::Result<()> {
        let service = self.installation.open().await?;
        let id = match (self.id, self.email) {
            (Some(id), _) => UserId(id),
            (None, email) => one_with(&service, &email.unwrap_or_default()).await?,
        };
        let user = service.reset_password(id, password::read()?).await?;
        println!("{} <{}> has a new password, and no session any more.", user.name, user.email);
        Ok(())
    }
}

async fn one_with(service: &Service, email: &str) -> anyhow::Result<UserId> {
    let ids: Vec<_> =
        service.store().credentials(email).await?.into_iter().map(|found| found.user.id).collect();
    match ids[..] {
        [id] => Ok(id),
        [] => bail!("nobody has the address {email}"),
        _ => {
            let ids: Vec<_> = ids.iter().map(UserId::to_string).collect();
            bail!("several accounts have the address {email}: choose one with --id {}", ids.join(" or "))
        }
    }
}

//! The first admin: an installation that nobody can administer gets one when it starts.

use crate::{CreateUserError, Service, config::FirstAdmin};
use domain::{EmailAddress, Name, PersonError, Role};
use secrecy::SecretString;
use store::StoreError;
use uuid::Uuid;

/// What the historic service gave its first admin, whom everybody knows.
const HISTORIC: (&str, &str) = ("a@jwt.com", "admin");

/// An account that was opened because there was no admin.
pub struct NewAdmin {
    /// With which to log in.
    pub email: EmailAddress,
    /// The password, if it was made up here: whoever starts the service must get to know it.
    pub made_up: Option<SecretString>,
}

/// Why there is no admin.
#[derive(Debug, thiserror::Error)]
pub enum FirstAdminError {
    /// The name or e-mail address cannot be one.
    #[error("configuration: auth.first_admin.{0} {1}")]
    Person(&'static str, PersonError),
    /// The account cannot be opened.
    #[error("the first admin's account cannot be opened (auth.first_admin)")]
    Account(#[from] CreateUserError),
    /// The database cannot be asked.
    #[error("the database cannot be asked whether there is an admin")]
    Store(#[from] StoreError),
}

impl Service {
    /// Opens an admin's account if there is none; answers it if it was opened now, by this instance.
    pub async fn ensure_admin(&self) -> Result<Option<NewAdmin>, FirstAdminError> {
        if self.app.store.has_admin().await? {
            self.warn_of_historic_admin().await?;
            return Ok(None);
        }
        let FirstAdmin { name, email, password } = self.app.config.auth.first_admin.clone();
        let name = Name::parse(&name).map_err(|error| FirstAdminError::Person("name", error))?;
        let email = EmailAddress::parse(&email).map_err(|error| FirstAdminError::Person("email", error))?;
        let made_up = password.is_none().then(made_up_password);
        let password = password.or_else(|| made_up.clone()).unwrap_or_default();
        match self.create_user(name, email.clone(), password, vec![Role::Admin]).await {
            Ok(user) => {
                self.record_act("user.create_first_admin", format!("user {}", user.id)).await?;
                Ok(Some(NewAdmin { email, made_up }))
            }
            // Another instance that started just now was quicker.
            Err(CreateUserError::EmailTaken(_)) if self.app.store.has_admin().await? => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn warn_of_historic_admin(&self) -> Result<(), StoreError> {
        let (email, password) = HISTORIC;
        let accounts = self.app.store.credentials(email).await?;
        let hashes = accounts.into_iter().map(|account| account.password_hash).collect::<Vec<_>>();
        if !hashes.is_empty()
            && matches!(self.app.passwords.matching(password.into(), hashes).await, Ok(Some(_)))
        {
            tracing::error!(
                "type" = "audit",
                component = "auth",
                email,
                "an admin still has the historic password that everybody knows: change it now"
            );
        }
        Ok(())
    }
}

/// 122 random bits from the operating system, as text that is easily copied.
fn made_up_password() -> SecretString {
    Uuid::new_v4().simple().to_string().into()
}

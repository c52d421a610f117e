//! What is done at the machine itself, beside the running service: for `pizza admin`.

use crate::{
    Service,
    auth::{HashError, PasswordRefused, check_new_password},
};
use domain::{User, UserId};
use secrecy::SecretString;
use store::{Act, StoreError, UserChange, UserUpdate};

/// Why a password was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum ResetPasswordError {
    /// There is no such account.
    #[error("there is no account {0}")]
    Unknown(UserId),
    /// The password is not acceptable.
    #[error(transparent)]
    Password(#[from] PasswordRefused),
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The password could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Service {
    /// Gives an account a new password, which ends all its sessions.
    pub async fn reset_password(
        &self,
        id: UserId,
        password: SecretString,
    ) -> Result<User, ResetPasswordError> {
        let user = self.app.store.user(id).await?.ok_or(ResetPasswordError::Unknown(id))?;
        check_new_password(&password, (&user.name, &user.email), self.app.config.auth.password_policy)?;
        let password_hash = Some(self.app.passwords.hash(password).await?);
        let change = UserChange { password_hash, ..UserChange::default() };
        match self.app.store.update_user(id, change).await? {
            UserUpdate::Updated(user) => {
                self.record_act("user.reset_password", format!("user {id}")).await?;
                Ok(user)
            }
            // It was deleted just now; an address was not asked for.
            UserUpdate::Unknown | UserUpdate::EmailTaken => Err(ResetPasswordError::Unknown(id)),
        }
    }

    /// Writes into the audit log what somebody at the machine did.
    pub async fn record_act(&self, action: &str, subject: String) -> Result<(), StoreError> {
        let act = Act { actor: None, action: action.to_owned(), subject, detail: None, request_id: None };
        self.app.store.record_act(act).await
    }
}

//! What the store is told and tells about accounts.

use domain::{EmailAddress, Name, Role, User};

/// An account to open.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Their name.
    pub name: Name,
    /// Their e-mail address.
    pub email: EmailAddress,
    /// The hash of their password, in PHC string format.
    pub password_hash: String,
    /// What they may do.
    pub roles: Vec<Role>,
}

/// How opening an account went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registration {
    /// The account is open.
    Created(User),
    /// Somebody has this e-mail address already.
    EmailTaken,
}

/// Somebody and the hash their password must match.
#[derive(Clone)]
pub struct Credentials {
    /// Who it is.
    pub user: User,
    /// PHC string (argon2id), or a historic bcrypt hash.
    pub password_hash: String,
}

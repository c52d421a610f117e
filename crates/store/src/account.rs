//! What the store is told and tells about accounts.

use domain::{EmailAddress, Name, Role, User, UserId};
use jiff::Timestamp;

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

/// Which accounts to list.
#[derive(Clone, Debug)]
pub struct UserQuery {
    /// Page, counted from 0.
    pub page: u32,
    /// Accounts a page.
    pub per_page: u32,
    /// The name to match, with `*` as the wildcard for anything. Matched without regard to ASCII case.
    pub name: String,
}

/// A page of accounts, by id.
#[derive(Clone, Debug)]
pub struct UserPage {
    /// What is on the page.
    pub users: Vec<User>,
    /// Whether another page follows.
    pub more: bool,
}

/// What to change about an account; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// Their new name.
    pub name: Option<Name>,
    /// Their new e-mail address.
    pub email: Option<EmailAddress>,
    /// The hash of their new password: ends all their sessions.
    pub password_hash: Option<String>,
}

/// How changing an account went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserUpdate {
    /// It is changed, and looks like this now.
    Updated(User),
    /// Somebody else has this e-mail address: nothing changed.
    EmailTaken,
    /// There is no such account.
    Unknown,
}

/// How deleting an account went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserDeletion {
    /// It is gone, with its roles and sessions. Its orders stay.
    Deleted,
    /// Nobody else is an admin: nothing changed.
    LastAdmin,
    /// There is no such account.
    Unknown,
}

/// An administrative act to record: who did what to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Who did it; `None` for somebody at the machine itself.
    pub actor: Option<UserId>,
    /// What was done, as a verb: `user.delete`, `franchise.create`, `circuit.force_open`.
    pub action: String,
    /// To whom or what: `user 7`, `order 12`.
    pub subject: String,
    /// What else a person wants to know; never a secret.
    pub detail: Option<String>,
    /// The request that asked for it.
    pub request_id: Option<String>,
}

/// An administrative act as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, by the database's clock.
    pub at: Timestamp,
    /// What.
    pub act: Act,
}

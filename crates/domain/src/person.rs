//! People: who they are and what they may do.

use crate::{FranchiseId, UserId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// May order pizzas.
    Diner,
    /// May open and close stores of one franchise.
    Franchisee(FranchiseId),
    /// May do everything.
    Admin,
}

/// Somebody with an account. Never holds a password or its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their identity.
    pub id: UserId,
    /// Their name, in any script.
    pub name: Name,
    /// Their e-mail address.
    pub email: EmailAddress,
    /// Everything they may do.
    pub roles: Vec<Role>,
}

impl User {
    /// Whether they may do everything.
    pub fn is_admin(&self) -> bool {
        self.roles.contains(&Role::Admin)
    }

    /// Whether they may open and close stores of this franchise.
    pub fn runs(&self, franchise: FranchiseId) -> bool {
        self.is_admin() || self.roles.contains(&Role::Franchisee(franchise))
    }
}

/// The diner as the factory gets to know them. It is kept with the order, because every attempt
/// must send the same words under the same idempotency key, whatever the diner is called by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diner {
    /// Their identity.
    pub id: UserId,
    /// Their name when they ordered.
    pub name: String,
    /// Their e-mail address when they ordered.
    pub email: String,
}

impl From<&User> for Diner {
    fn from(user: &User) -> Self {
        Self { id: user.id, name: user.name.to_string(), email: user.email.to_string() }
    }
}

/// Why an input cannot name or reach a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonError {
    /// Nothing there.
    #[error("must not be empty")]
    Empty,
    /// Over the 255 characters that the historic schema keeps.
    #[error("must be at most 255 characters")]
    TooLong,
    /// Not an address.
    #[error("email must contain an @")]
    NotAnAddress,
}

const MAX_CHARS: usize = 255;

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks outside input.
            pub fn parse(text: &str) -> Result<Self, PersonError> {
                if text.trim().is_empty() {
                    return Err(PersonError::Empty);
                }
                if text.chars().count() > MAX_CHARS {
                    return Err(PersonError::TooLong);
                }
                let check: fn(&str) -> Result<(), PersonError> = $check;
                check(text).map(|()| Self(text.to_owned()))
            }

            /// What a database already holds: old data is shown as it is, never refused.
            pub fn from_database(text: String) -> Self {
                Self(text)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text_type! {
    /// A name: 1 to 255 characters of any script.
    Name, |_| Ok(())
}

text_type! {
    /// An e-mail address: up to 255 characters with an `@`. Whether mail arrives there, only mail can tell.
    EmailAddress, |text| if text.contains('@') { Ok(()) } else { Err(PersonError::NotAnAddress) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_script_are_names() {
        assert!(Name::parse("常用名字").is_ok());
        assert_eq!(Name::parse("  "), Err(PersonError::Empty));
        assert!(Name::parse(&"字".repeat(255)).is_ok());
        assert_eq!(Name::parse(&"字".repeat(256)), Err(PersonError::TooLong));
    }

    #[test]
    fn an_address_has_an_at() {
        assert!(EmailAddress::parse("d@jwt.com").is_ok());
        assert_eq!(EmailAddress::parse("d.jwt.com"), Err(PersonError::NotAnAddress));
    }

    #[test]
    fn a_franchisee_runs_only_their_own_franchise() {
        let user = User {
            id: UserId(1),
            name: Name::from_database("f".into()),
            email: EmailAddress::from_database("f@jwt.com".into()),
            roles: vec![Role::Diner, Role::Franchisee(FranchiseId(7))],
        };
        assert!(user.runs(FranchiseId(7)));
        assert!(!user.runs(FranchiseId(8)));
        assert!(!user.is_admin());
        let admin = User { roles: vec![Role::Diner, Role::Admin], ..user };
        assert!(admin.is_admin() && admin.runs(FranchiseId(8)));
    }
}

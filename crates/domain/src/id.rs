//! Identifiers: plain numbers that cannot be mixed up with each other.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

id! {
    /// A person with an account.
    UserId,
    /// A franchise: a business that runs stores.
    FranchiseId,
    /// One store of a franchise.
    StoreId,
    /// One line of the menu.
    MenuId,
    /// One order. Ids of several instances interleave: never sort by id where time is meant.
    OrderId,
    /// One incident.
    IncidentId,
    /// One planned chaos window.
    ChaosWindowId,
}

//! Franchises and their stores.

use crate::{Bitcoin, EmailAddress, FranchiseId, StoreId, UserId};

/// A business that runs stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Franchise {
    /// Its identity.
    pub id: FranchiseId,
    /// Its name, unique among franchises.
    pub name: String,
    /// Who may open and close its stores. Empty when the asker has no business knowing.
    pub admins: Vec<FranchiseAdmin>,
    /// Its stores.
    pub stores: Vec<Store>,
}

/// A person who runs a franchise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FranchiseAdmin {
    /// Who it is.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: EmailAddress,
}

/// One place that sells pizzas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Its identity.
    pub id: StoreId,
    /// Its name.
    pub name: String,
    /// What its delivered pizzas brought in: never orders that are queued, cancelled or rejected.
    /// `None` where nobody asked for it, because it is a sum over orders.
    pub total_revenue: Option<Bitcoin>,
}

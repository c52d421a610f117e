//! What the store is told and tells about franchises and stores.

use domain::{Bitcoin, EmailAddress, Franchise, FranchiseAdmin, FranchiseId, StoreId};
use jiff::{Timestamp, civil::Date, tz::Offset};
use std::collections::BTreeMap;

/// Which franchises to list.
#[derive(Clone, Debug)]
pub struct FranchiseQuery {
    /// Page, counted from 0.
    pub page: u32,
    /// Franchises a page.
    pub per_page: u32,
    /// The name to match, with `*` as the wildcard for anything. Matched without regard to ASCII case.
    pub name: String,
    /// Whether to add each franchise's admins and each store's revenue.
    pub with_business: bool,
}

/// A page of franchises, by id.
#[derive(Clone, Debug)]
pub struct FranchisePage {
    /// What is on the page.
    pub franchises: Vec<Franchise>,
    /// Whether another page follows.
    pub more: bool,
}

/// A franchise to found.
#[derive(Clone, Debug)]
pub struct NewFranchise {
    /// Its name, unique.
    pub name: String,
    /// Who shall run it: people with accounts.
    pub admins: Vec<EmailAddress>,
}

/// How founding a franchise went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FranchiseCreation {
    /// It exists.
    Created {
        /// Its identity.
        id: FranchiseId,
        /// Who runs it.
        admins: Vec<FranchiseAdmin>,
    },
    /// Another one is called that.
    NameTaken,
    /// Nobody has this e-mail address.
    UnknownAdmin(EmailAddress),
}

/// How opening a store went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreCreation {
    /// It exists.
    Created(StoreId),
    /// There is no such franchise.
    UnknownFranchise,
}

/// Adds what an order of this time brought in to its day.
pub(crate) fn add_to_day(days: &mut BTreeMap<Date, Bitcoin>, placed: Timestamp, revenue: Bitcoin) {
    let sum = days.entry(Offset::UTC.to_datetime(placed).date()).or_default();
    *sum = [*sum, revenue].into_iter().sum();
}

//! How users, franchises and orders look in JSON.

use crate::auth::RoleClaim;
use domain::{Bitcoin, Franchise, OrderState, Store, User};
use jiff::{SignedDuration, Timestamp, Unit};
use serde::Serialize;
use std::time::Duration;
use store::OrderRecord;

/// What is said to a person.
#[derive(Serialize)]
pub struct Message {
    message: &'static str,
}

impl Message {
    /// It.
    pub fn new(message: &'static str) -> Self {
        Self { message }
    }
}

/// Somebody with an account.
#[derive(Serialize)]
pub struct UserView {
    id: i64,
    name: String,
    email: String,
    roles: Vec<RoleClaim>,
}

/// Who somebody is, and the token of a session.
#[derive(Serialize)]
pub struct SignedIn {
    /// Who.
    pub user: UserView,
    /// The session: send it as `Authorization: Bearer …`.
    pub token: String,
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.0,
            name: user.name.to_string(),
            email: user.email.to_string(),
            roles: user.roles.iter().copied().map(RoleClaim::from).collect(),
        }
    }
}

#[derive(Serialize)]
pub struct FranchiseView {
    id: i64,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    admins: Option<Vec<AdminView>>,
    stores: Vec<StoreView>,
}

#[derive(Serialize)]
pub struct AdminView {
    pub email: String,
    pub id: i64,
    pub name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StoreView {
    id: i64,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_revenue: Option<Bitcoin>,
}

impl FranchiseView {
    /// A franchise; who runs it is shown to those who may know.
    pub fn new(franchise: Franchise, with_admins: bool) -> Self {
        let admins = franchise.admins.into_iter().map(AdminView::from).collect();
        Self {
            id: franchise.id.0,
            name: franchise.name,
            admins: with_admins.then_some(admins),
            stores: franchise.stores.into_iter().map(StoreView::from).collect(),
        }
    }
}

impl From<domain::FranchiseAdmin> for AdminView {
    fn from(admin: domain::FranchiseAdmin) -> Self {
        Self { email: admin.email.to_string(), id: admin.id.0, name: admin.name }
    }
}

impl From<Store> for StoreView {
    fn from(store: Store) -> Self {
        Self { id: store.id.0, name: store.name, total_revenue: store.total_revenue }
    }
}

/// An order in a diner's history.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    id: i64,
    franchise_id: i64,
    store_id: i64,
    date: Timestamp,
    items: Vec<ItemView>,
    status: OrderState,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwt: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemView {
    id: i64,
    menu_id: i64,
    description: String,
    price: Bitcoin,
}

impl From<OrderRecord> for OrderView {
    fn from(order: OrderRecord) -> Self {
        let status = order.state.shown_to_diner();
        Self { status, ..Self::for_admin(order) }
    }
}

impl OrderView {
    /// The same with the state as it is.
    pub fn for_admin(order: OrderRecord) -> Self {
        let item = |item: store::OrderedItem| ItemView {
            id: item.id,
            menu_id: item.menu_id.0,
            description: item.description,
            price: item.price,
        };
        Self {
            id: order.id.0,
            franchise_id: order.franchise.0,
            store_id: order.store.0,
            date: order.date,
            items: order.items.into_iter().map(item).collect(),
            status: order.state,
            jwt: order.jwt,
        }
    }
}

/// One order, with all that its owner may know.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderDetails {
    #[serde(flatten)]
    order: OrderView,
    attempts: u32,
    queued_at: Timestamp,
    fulfilled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_ready_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl From<OrderRecord> for OrderDetails {
    fn from(order: OrderRecord) -> Self {
        Self {
            attempts: order.attempts,
            queued_at: order.queued_at,
            fulfilled_at: order.fulfilled_at,
            estimated_ready_at: None,
            message: None,
            order: OrderView::from(order),
        }
    }
}

/// A point in time that people read: to the second.
pub fn from_now(wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::ZERO);
    let then = Timestamp::now().saturating_add(wait).unwrap_or(Timestamp::MAX);
    then.round(Unit::Second).unwrap_or(then)
}

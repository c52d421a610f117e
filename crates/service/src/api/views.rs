//! How users, franchises and orders look in JSON.

use super::schema;
use crate::auth::RoleClaim;
use domain::{Bitcoin, Franchise, MenuItem, OrderState, Store, User};
use jiff::{SignedDuration, Timestamp, Unit};
use serde::Serialize;
use std::{borrow::Cow, time::Duration};
use store::OrderRecord;
use utoipa::ToSchema;

/// What is said to a person.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "message": "done" }))]
pub struct Message {
    /// It.
    message: Cow<'static, str>,
}

impl Message {
    /// It.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into() }
    }
}

/// Somebody with an account.
#[derive(Serialize, ToSchema)]
#[schema(as = User, example = json!({ "id": 4, "name": "pizza diner", "email": "diner@example.com", "roles": [{ "role": "diner" }] }))]
pub struct UserView {
    id: i64,
    name: String,
    email: String,
    roles: Vec<RoleClaim>,
}

/// Who somebody is, and the token of a session.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "user": { "id": 4, "name": "pizza diner", "email": "diner@example.com", "roles": [{ "role": "diner" }] },
    "token": "tttttt",
}))]
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

/// One pizza that can be ordered.
#[derive(Serialize, ToSchema)]
#[schema(as = MenuItem, example = json!({ "id": 1, "title": "Veggie", "image": "pizza1.png", "price": 0.0038, "description": "A garden of delight" }))]
pub struct MenuItemView<'a> {
    id: i64,
    title: &'a str,
    /// A file name or URL.
    image: &'a str,
    #[schema(schema_with = schema::bitcoin)]
    price: Bitcoin,
    description: &'a str,
}

impl<'a> From<&'a MenuItem> for MenuItemView<'a> {
    fn from(item: &'a MenuItem) -> Self {
        let (title, image, description) = (&item.title, &item.image, &item.description);
        Self { id: item.id.0, title, image, price: item.price, description }
    }
}

/// A business that runs stores.
#[derive(Serialize, ToSchema)]
#[schema(as = Franchise, example = json!({ "id": 1, "name": "pizzaPocket", "stores": [{ "id": 1, "name": "SLC" }] }))]
pub struct FranchiseView {
    id: i64,
    name: String,
    /// Who runs it; for those who may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    admins: Option<Vec<AdminView>>,
    stores: Vec<StoreView>,
}

/// Somebody who runs a franchise.
#[derive(Serialize, ToSchema)]
#[schema(as = FranchiseAdmin)]
pub struct AdminView {
    pub email: String,
    pub id: i64,
    pub name: String,
}

/// One place that sells pizzas.
#[derive(Serialize, ToSchema)]
#[schema(as = Store)]
#[serde(rename_all = "camelCase")]
pub struct StoreView {
    id: i64,
    name: String,
    /// What its delivered pizzas brought in; for those who may know.
    #[schema(schema_with = schema::bitcoin)]
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
#[derive(Serialize, ToSchema)]
#[schema(as = Order)]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    id: i64,
    franchise_id: i64,
    store_id: i64,
    #[schema(schema_with = schema::timestamp)]
    date: Timestamp,
    items: Vec<ItemView>,
    #[schema(schema_with = schema::order_status)]
    status: OrderState,
    /// The pizza, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    jwt: Option<String>,
}

/// One pizza of an order, as it was when it was ordered.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderItem)]
#[serde(rename_all = "camelCase")]
pub struct ItemView {
    id: i64,
    menu_id: i64,
    description: String,
    #[schema(schema_with = schema::bitcoin)]
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
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": 12, "franchiseId": 1, "storeId": 1, "date": "2025-12-02T10:10:30Z",
    "items": [{ "id": 31, "menuId": 1, "description": "Veggie", "price": 0.0038 }],
    "status": "queued", "attempts": 1, "queuedAt": "2025-12-02T10:10:30Z", "fulfilledAt": null,
    "estimatedReadyAt": "2025-12-02T10:11:00Z",
    "message": "The kitchen is currently closed. Your order is saved and will be made as soon as it reopens.",
}))]
#[serde(rename_all = "camelCase")]
pub struct OrderDetails {
    #[serde(flatten)]
    order: OrderView,
    /// Calls to the factory that were made for it.
    attempts: u32,
    #[schema(schema_with = schema::timestamp)]
    queued_at: Timestamp,
    #[schema(schema_with = schema::timestamp_or_null)]
    fulfilled_at: Option<Timestamp>,
    /// An estimate, while it waits.
    #[schema(schema_with = schema::timestamp)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_ready_at: Option<Timestamp>,
    /// What its owner should know.
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

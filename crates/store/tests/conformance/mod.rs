//! What every backend promises, tested against `dyn Store`.
//!
//! The root of a test program that includes this module names its backend `Database`.

mod accounts;
mod alerts;
pub mod catalogue;
mod chaos_windows;
mod concurrency;
mod durability;
mod fulfilment;
mod housekeeping;
pub mod incidents;
mod model;
pub mod notices;
mod observer;
mod orders;
mod placing;
mod queue;
mod revenue_by_day;
mod tally;

pub use placing::*;

use domain::{Bitcoin, EmailAddress, Name, OrderId, Role, User};
use std::{sync::Arc, time::Duration};
use store::{NewUser, OperationsStore, Registration, Store, StoreObserver};

/// All verbs.
pub trait Verbs: Store + OperationsStore {}

impl<S: Store + OperationsStore> Verbs for S {}

/// What no program of ours does to an order.
#[derive(Clone, Copy, Debug)]
pub enum Damage {
    PizzaGone,
    StateMangled,
    LeaseGone,
    RecordGone,
    OrderGone,
}

/// A database of a backend under test.
pub trait Backend: Sized {
    /// The highest price that it keeps.
    const DEAREST: Bitcoin;
    /// The largest id that it keeps, and without its sign the smallest.
    const LARGEST_ID: i64;

    /// An empty one, whose clock stands still.
    async fn fresh() -> Self;
    /// One more store on it, as another instance would open it.
    async fn open(&self) -> Arc<dyn Verbs>;
    /// The same, with somebody who hears of its verbs.
    async fn observed_by(&self, observer: Arc<dyn StoreObserver>) -> Arc<dyn Verbs>;
    /// Moves its clock.
    async fn advance(&self, by: Duration);
    /// Where it is, for another process.
    fn location(&self) -> String;
    /// A store on the database there, whose clock is real.
    async fn open_at(location: &str) -> Arc<dyn Verbs>;
    /// Does something to an order behind the backend's back.
    async fn damage(&self, order: OrderId, damage: Damage);
    /// The backend's own check of its files.
    async fn assert_intact(&self);
}

pub fn new_user(name: &str, email: &str, roles: &[Role]) -> NewUser {
    NewUser {
        name: Name::from_database(name.into()),
        email: EmailAddress::from_database(email.into()),
        password_hash: format!("hash of {name}"),
        roles: roles.to_vec(),
    }
}

pub async fn register(store: &dyn Store, email: &str) -> User {
    match store.create_user(new_user("somebody", email, &[Role::Diner])).await.unwrap() {
        Registration::Created(user) => user,
        Registration::EmailTaken => panic!("{email} is taken"),
    }
}

//! Who holds which order, as the store's answers say: kept apart from the store, to look into what it does.

use crate::world::World;
use domain::OrderId;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError, atomic::Ordering},
};
use store::{Lease, Settlement, Token};

/// The leases of orders that are being made: whose, and until when by the database's clock.
#[derive(Default)]
pub(crate) struct Leases(Mutex<HashMap<OrderId, (Token, i64)>>);

impl Leases {
    /// An order was given into somebody's hands.
    pub(crate) fn given(&self, world: &World, order: OrderId, lease: &Lease) {
        let held = self.lock().insert(order, (lease.token.clone(), until(world, lease)));
        world.must(held.is_none(), "nobody gets an order that is in other hands", || {
            format!("order {order} is given away, and its lease has not ended")
        });
    }

    /// Its holder, or somebody who says so, made the lease longer.
    pub(crate) fn prolonged(&self, world: &World, order: OrderId, lease: &Lease, done: Settlement) {
        self.look(world, order, &lease.token, done);
        if done == Settlement::Applied {
            self.lock().insert(order, (lease.token.clone(), until(world, lease)));
        }
    }

    /// Its holder, or somebody who says so, gave it out of their hands.
    pub(crate) fn ended(&self, world: &World, order: OrderId, token: &Token, done: Settlement) {
        self.look(world, order, token, done);
        if done == Settlement::Applied {
            self.lock().remove(&order);
        }
    }

    /// So many orders were taken from those whose lease had run out.
    pub(crate) fn rescued(&self, world: &World, rescued: u64) {
        let now = world.database_clock.load(Ordering::Relaxed);
        let mut leases = self.lock();
        let before = leases.len();
        leases.retain(|_, (_, until)| *until > now);
        let ran_out = (before - leases.len()) as u64;
        world.must(rescued == ran_out, "only what is left behind is rescued, and all of it", || {
            format!("{rescued} orders were rescued, and {ran_out} leases had run out")
        });
    }

    fn look(&self, world: &World, order: OrderId, token: &Token, done: Settlement) {
        let holds = self.lock().get(&order).is_some_and(|(holder, _)| holder == token);
        world.must(holds == (done == Settlement::Applied), "a result counts if its order is in hand", || {
            format!("a result of order {order} was {done:?}, and whose it is holds the order: {holds}")
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrderId, (Token, i64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn until(world: &World, lease: &Lease) -> i64 {
    world.database_clock.load(Ordering::Relaxed) + lease.duration.as_millis() as i64
}

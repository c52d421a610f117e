//! What people were told about orders. Nobody may be told two stories.

use crate::world::World;
use domain::{OrderId, OrderState};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use store::OrderRecord;

/// Everything that was told.
pub(crate) struct Told {
    world: Arc<World>,
    orders: Mutex<BTreeMap<OrderId, Story>>,
}

/// What was told about one order.
#[derive(Clone, Default)]
pub(crate) struct Story {
    /// How it ended.
    pub(crate) end: Option<OrderState>,
    /// Its pizza.
    pub(crate) pizza: Option<String>,
    /// Whose it is.
    pub(crate) diner: Option<i64>,
}

impl Told {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self { world, orders: Mutex::default() }
    }

    /// An order was acknowledged to its diner.
    pub(crate) fn acknowledged(&self, order: OrderId, diner: i64) {
        let first = self.with(order, |story| *story.diner.get_or_insert(diner));
        self.world.must(first == diner, "an order is one diner's", || {
            format!("order {order} was diner {first}'s, and is acknowledged to diner {diner}")
        });
        self.world.event(format_args!("diner {diner}"), "is acknowledged", order.0, 0);
    }

    /// Somebody was told that an order stands so, and has this pizza.
    pub(crate) fn stands(&self, order: OrderId, state: OrderState, pizza: Option<&str>) {
        let world = &self.world;
        self.with(order, |story| {
            if let Some(end) = story.end {
                world.must(state == end, "a final state never changes", || {
                    format!("order {order} was told to be {end}, and is told to be {state}")
                });
            }
            if state.is_final() {
                story.end = Some(state);
            }
            if let Some(pizza) = pizza {
                let first = story.pizza.get_or_insert_with(|| pizza.to_owned());
                world.must(first == pizza, "one order never shows two pizzas", || {
                    format!("order {order} showed {first:?}, and shows {pizza:?}")
                });
                world.must(state == OrderState::Fulfilled, "only a fulfilled order has a pizza", || {
                    format!("order {order} is {state} and shows {pizza:?}")
                });
            }
        });
    }

    pub(crate) fn looked_at(&self, record: &OrderRecord) {
        self.stands(record.id, record.state, record.jwt.as_deref());
    }

    pub(crate) fn stories(&self) -> BTreeMap<OrderId, Story> {
        self.lock().clone()
    }

    fn with<T>(&self, order: OrderId, tell: impl FnOnce(&mut Story) -> T) -> T {
        tell(self.lock().entry(order).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<OrderId, Story>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The promise that most orders have their pizza within a minute, and how it is kept.
//!
//! An order that is made at once has kept it. One that is not is looked at again when its time is up: counted when
//! it ends instead, an outage would look perfect for as long as it lasts.

use super::{Kitchen, now};
use domain::{OrderId, OrderState};
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use store::{OrderRecord, StoreError};

/// Orders that are looked at in one go; the others wait for the next second.
const AT_ONCE: usize = 500;

/// Orders that were not made at once, by when their time is up.
#[derive(Default)]
pub(super) struct Deadlines(Mutex<VecDeque<(Instant, OrderId)>>);

impl Deadlines {
    /// An order was taken in and not made at once.
    pub(super) fn watch(&self, order: OrderId, within: Duration) {
        let mut orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        orders.push_back((now() + within, order));
    }

    fn due(&self) -> Vec<OrderId> {
        let mut orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        let due = orders.iter().take(AT_ONCE).take_while(|(at, _)| *at <= now).count();
        orders.drain(..due).map(|(_, order)| order).collect()
    }
}

impl Kitchen {
    /// Counts the orders whose time is up: in time, or not.
    pub(super) async fn count_deadlines(&self) -> Result<(), StoreError> {
        for order in self.deadlines.due() {
            if let Some(order) = self.store.order(order).await?
                && let Some(met) = met(&order, self.settings.fulfil_within)
            {
                self.metrics.slo(met);
            }
        }
        Ok(())
    }
}

/// Nothing was promised for an order that was withdrawn, or that the factory will not make.
fn met(order: &OrderRecord, within: Duration) -> Option<bool> {
    match order.state {
        OrderState::Cancelled | OrderState::Rejected => None,
        OrderState::Fulfilled => {
            let made_at = order.fulfilled_at?;
            let took = Duration::try_from(made_at.duration_since(order.date)).unwrap_or_default();
            Some(took <= within)
        }
        OrderState::Queued | OrderState::Making | OrderState::Quarantined => Some(false),
    }
}

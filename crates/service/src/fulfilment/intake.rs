//! Taking an order in: saved first, then on its way at once if it may.

use super::{
    Kitchen, Made,
    fresh::FreshPlace,
    fulfil_order::{Lane, fulfil_order},
    now,
};
use domain::{OrderId, UserId};
use jiff::Timestamp;
use resilience::{Permit, State};
use std::sync::{Arc, atomic::Ordering};
use store::{ClaimedOrder, NewOrder, Placed, StoreError, Token};
use tokio::task::JoinHandle;

/// What a diner gets for an order.
pub enum Receipt {
    /// Saved, and on its way to the factory.
    Making {
        /// The order.
        id: OrderId,
        /// When it was saved.
        date: Timestamp,
        /// Ends with what became of it; dropping it changes nothing.
        made: JoinHandle<Made>,
    },
    /// Saved, and in the queue.
    Queued {
        /// The order.
        id: OrderId,
        /// When it was saved.
        date: Timestamp,
    },
    /// It was saved before, under the same idempotency key.
    Replayed(OrderId),
    /// The idempotency key stands for another order.
    KeyReused,
}

/// Leave to go to the factory at once.
struct Admission {
    place: FreshPlace,
    permit: Permit,
}

impl Kitchen {
    /// Saves an order, and lets it go to the factory at once if it may.
    pub async fn place(self: &Arc<Self>, order: NewOrder) -> Result<Receipt, StoreError> {
        match self.admit(order.diner.id) {
            None => self.save_queued(order).await,
            Some(admission) => {
                // From the claim to its fulfilment nothing may be lost: a client that hangs up drops the
                // handler's future, but not this task.
                let kitchen = Arc::clone(self);
                let saved = self.tasks.spawn(async move { kitchen.save_claimed(order, admission).await });
                saved.await.map_err(StoreError::new)?
            }
        }
    }

    /// Whether an order may go at once: circuit closed and quick, no older backlog that stands still, a place
    /// free that this diner may have.
    fn admit(&self, diner: UserId) -> Option<Admission> {
        let circuit = self.circuit.snapshot();
        let backlog = self.has_backlog();
        let may_go = match circuit.state {
            State::Closed => !circuit.degraded && (!backlog || self.backlog_lets_others_pass()),
            // The probe is the oldest order; with nobody in the queue, that is this one.
            State::HalfOpen => !backlog,
            State::Open => false,
        };
        let admission = if may_go { self.take_place(diner) } else { None };
        if admission.is_none() && circuit.state != State::Closed {
            self.metrics.short_circuited();
        }
        admission
    }

    /// A backlog that moves gets its turn; one that a person has paused must not hold up everybody else.
    fn backlog_lets_others_pass(&self) -> bool {
        self.signals.moving.load(Ordering::Relaxed) || self.is_paused()
    }

    fn take_place(&self, diner: UserId) -> Option<Admission> {
        let place = self.fresh.take(diner)?;
        let permit = self.circuit.acquire(now()).ok()?;
        Some(Admission { place, permit })
    }

    async fn save_claimed(
        self: &Arc<Self>,
        mut order: NewOrder,
        admission: Admission,
    ) -> Result<Receipt, StoreError> {
        let lease = self.lease();
        order.claim = Some(lease.clone());
        let placed = self.store.place_order(order.clone()).await?;
        Ok(match placed {
            Placed::Saved { id, date } => {
                let claimed = claimed(order, id, date, lease.token);
                let making =
                    fulfil_order(Arc::clone(self), claimed, admission.permit, Lane::Fresh(admission.place));
                Receipt::Making { id, date, made: self.tasks.spawn(making) }
            }
            Placed::Replayed(id) => Receipt::Replayed(id),
            Placed::KeyReused => Receipt::KeyReused,
        })
    }

    async fn save_queued(&self, order: NewOrder) -> Result<Receipt, StoreError> {
        Ok(match self.store.place_order(order).await? {
            Placed::Saved { id, date } => {
                self.watch_deadline(id);
                self.one_more_queued();
                Receipt::Queued { id, date }
            }
            Placed::Replayed(id) => Receipt::Replayed(id),
            Placed::KeyReused => Receipt::KeyReused,
        })
    }
}

fn claimed(order: NewOrder, id: OrderId, date: Timestamp, token: Token) -> ClaimedOrder {
    ClaimedOrder {
        id,
        diner: order.diner,
        franchise: order.franchise,
        store: order.store,
        items: order.items,
        date,
        token,
        attempts: 1,
        strikes: 0,
        unverified_pizza: None,
        traceparent: order.traceparent,
    }
}

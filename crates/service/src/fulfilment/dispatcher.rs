//! The dispatcher works the backlog off, as fast as circuit and limits allow; without it a queued order
//! would wait for ever.

use super::{
    Kitchen,
    fulfil_order::{Lane, fulfil_order},
    now,
};
use jiff::Timestamp;
use resilience::{Permit, Slot, State};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use store::{Claim, Pick, StoreError};
use tokio_util::sync::CancellationToken;

/// How often the queue is looked at as a whole, for metrics and estimates.
const OBSERVE_EVERY: Duration = Duration::from_secs(1);
/// How often expired sessions and idempotency keys are forgotten.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// Runs until the shutdown signal: dispatches what may go, rescues what was left, looks at the queue.
pub async fn dispatch(kitchen: Arc<Kitchen>, shutdown: CancellationToken) {
    let mut chores = Chores::new();
    while !shutdown.is_cancelled() {
        let next_tick = kitchen.circuit.tick(now());
        if let Err(error) = chores.due(&kitchen).await {
            tracing::error!("type" = "db", component = "dispatcher", error = ?error, "housekeeping failed");
        }
        if let Err(error) = dispatch_due(&kitchen).await {
            tracing::error!("type" = "db", component = "dispatcher", error = ?error, "nothing could be claimed");
        }
        let poll = now() + kitchen.settings.poll;
        let wake_at = next_tick.map_or(poll, |tick| tick.min(poll));
        tokio::select! {
            // In this order, so that a simulation does the same twice.
            biased;
            () = shutdown.cancelled() => {}
            () = kitchen.signals.wake.notified() => {}
            () = tokio::time::sleep_until(wake_at.into()) => {}
        }
    }
}

/// Claims as many due orders as may go now, and lets them go.
async fn dispatch_due(kitchen: &Arc<Kitchen>) -> Result<(), StoreError> {
    loop {
        let places = places(kitchen);
        let Ok(limit @ 1..) = u32::try_from(places.len()) else { return Ok(()) };
        let pick =
            if kitchen.circuit.snapshot().state == State::Closed { Pick::FairShare } else { Pick::Oldest };
        let lease = kitchen.lease();
        let claimed = kitchen.store.claim_due(Claim { limit, pick, lease }).await?;
        let count = claimed.len();
        kitchen.metrics.dispatched(count as u64);
        kitchen.claimed_from_queue(count as u64);
        // Places that found no order are given back by being dropped.
        for (order, (slot, permit)) in claimed.into_iter().zip(places) {
            kitchen.watchers.tell(order.id);
            kitchen.tasks.spawn(fulfil_order(Arc::clone(kitchen), order, permit, Lane::Backlog(slot)));
        }
        if count < limit as usize {
            return Ok(());
        }
    }
}

/// Every place at the factory that the backlog may take now. Taken before anything is claimed, so that no
/// order leaves the queue, and spends an attempt, for a call that is then not allowed.
fn places(kitchen: &Kitchen) -> Vec<(Slot, Permit)> {
    if !kitchen.backlog_may_move() {
        return Vec::new();
    }
    let place = || {
        let slot = kitchen.signals.backlog.try_acquire()?;
        let permit = kitchen.circuit.acquire(now()).ok()?;
        Some((slot, permit))
    };
    std::iter::from_fn(place).collect()
}

/// What is done once in a while.
struct Chores {
    observed: Instant,
    rescued: Option<Instant>,
    pruned: Instant,
}

impl Chores {
    fn new() -> Self {
        Self { observed: now(), rescued: None, pruned: now() }
    }

    async fn due(&mut self, kitchen: &Kitchen) -> Result<(), StoreError> {
        let time = now();
        let since = |then: Instant| time.saturating_duration_since(then);
        #[expect(clippy::cast_precision_loss, reason = "a metric is a double")]
        kitchen.metrics.heartbeat(Timestamp::now().as_millisecond() as f64 / 1e3);
        if self.rescued.is_none_or(|rescued| since(rescued) >= kitchen.settings.poll) {
            let first = self.rescued.is_none();
            self.rescued = Some(time);
            let orders = kitchen.store.rescue_expired().await?;
            if orders > 0 {
                tracing::warn!(
                    "type" = "order",
                    component = "dispatcher",
                    orders,
                    "rescued orders whose lease ran out"
                );
            }
            if first {
                kitchen.observe(kitchen.store.queue_stats().await?, OBSERVE_EVERY);
            }
        }
        if since(self.observed) >= OBSERVE_EVERY {
            kitchen.observe(kitchen.store.queue_stats().await?, since(self.observed));
            self.observed = time;
            kitchen.count_deadlines().await?;
        }
        if since(self.pruned) >= PRUNE_EVERY {
            self.pruned = time;
            kitchen.store.prune().await?;
        }
        Ok(())
    }
}

//! The one path from a claimed order to its end, or back to the queue.

use super::{
    Kitchen,
    attempt::{Verdict, attempt},
    fresh::FreshPlace,
    now,
};
use crate::operations::SYNTHETIC_DINER;
use domain::OrderState;
use resilience::{Permit, Slot};
use std::{sync::Arc, time::Duration};
use store::{ClaimedOrder, Finish, Lease, Release, Settlement, StoreError};

/// What became of an order, for whoever waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// Its pizza.
    Fulfilled {
        /// The pizza.
        jwt: String,
    },
    /// The factory refused it for good.
    Rejected {
        /// Why.
        reason: String,
    },
    /// Not made yet: it is safe in the queue, or in other hands.
    Later,
}

/// Where an order comes from. It holds its place at the factory until it is dropped.
pub(super) enum Lane {
    /// A diner has just placed it, and may be waiting.
    Fresh(#[expect(dead_code, reason = "held, not read")] FreshPlace),
    /// It was claimed from the backlog.
    Backlog(Slot),
}

/// Makes an order: attempts until it has a pizza, is refused, or goes back to the queue.
///
/// The order is in the caller's hands, with its first attempt recorded. Whatever happens here, the order
/// ends settled in the store, or its lease runs out and somebody rescues it.
pub(super) async fn fulfil_order(
    kitchen: Arc<Kitchen>,
    mut order: ClaimedOrder,
    permit: Permit,
    lane: Lane,
) -> Made {
    let verdict = tokio::select! {
        // What has come of it counts, even at the moment in which it is abandoned.
        biased;
        verdict = attempts(&kitchen, &mut order, permit, &lane) => verdict,
        () = kitchen.abandon.cancelled() => Verdict::Abandoned,
    };
    let fresh = matches!(lane, Lane::Fresh(_));
    tell_limit(lane, &verdict);
    let made = settle(&kitchen, &order, verdict).await;
    if fresh {
        count_promise(&kitchen, &order, &made);
    }
    kitchen.watchers.tell(order.id);
    if kitchen.has_backlog() {
        kitchen.signals.wake.notify_one();
    }
    made
}

/// The first attempt, and for a fresh order a few more in quick succession: most failures are blips.
async fn attempts(kitchen: &Kitchen, order: &mut ClaimedOrder, mut permit: Permit, lane: &Lane) -> Verdict {
    let mut retries = match lane {
        Lane::Fresh(_) => 0..kitchen.settings.retries,
        Lane::Backlog(_) => 0..0,
    };
    loop {
        let verdict = attempt(kitchen, order, matches!(lane, Lane::Fresh(_)), permit).await;
        let (Verdict::Failed { unverified, .. }, Some(retry)) = (&verdict, retries.next()) else {
            return verdict;
        };
        let held = unverified.clone();
        permit = match leave_to_retry(kitchen, order, retry).await {
            Some(permit) => permit,
            None => return verdict,
        };
        order.unverified_pizza = held;
    }
}

/// A retry needs budget, a closed circuit, and to be on record before it is sent.
async fn leave_to_retry(kitchen: &Kitchen, order: &mut ClaimedOrder, retry: u32) -> Option<Permit> {
    if !kitchen.budget.try_spend(now()) {
        return None;
    }
    let delay = kitchen.retry_delay.full_jitter(retry, &mut fastrand::Rng::new());
    tokio::time::sleep(delay).await;
    let permit = kitchen.circuit.acquire(now()).ok().filter(|permit| !permit.is_probe())?;
    let lease = Lease { token: order.token.clone(), duration: kitchen.settings.lease };
    let recorded = kitchen.store.record_attempt(order.id, &lease).await;
    order.attempts += 1;
    matches!(recorded, Ok(Settlement::Applied)).then_some(permit)
}

fn tell_limit(lane: Lane, verdict: &Verdict) {
    if let Lane::Backlog(slot) = lane {
        match verdict {
            Verdict::Pizza { .. } => slot.succeed(),
            Verdict::Failed { .. } => slot.fail(),
            Verdict::Refused { .. } | Verdict::InProgress { .. } | Verdict::Abandoned => drop(slot),
        }
    }
}

/// Writes down how the making ended, and says it to whoever waits.
async fn settle(kitchen: &Kitchen, order: &ClaimedOrder, verdict: Verdict) -> Made {
    match verdict {
        Verdict::Pizza { jwt } => {
            kitchen.succeeded();
            let made = Made::Fulfilled { jwt: jwt.clone() };
            finish(kitchen, order, Finish::Fulfilled { jwt }, made).await
        }
        Verdict::Refused { reason } => {
            let made = Made::Rejected { reason: reason.clone() };
            finish(kitchen, order, Finish::Rejected { reason }, made).await
        }
        Verdict::InProgress { retry_after } => {
            let due_in = Some(retry_after.unwrap_or(kitchen.settings.backoff));
            release(kitchen, order, Release { due_in, ..Release::default() }).await
        }
        Verdict::Abandoned => {
            release(kitchen, order, Release { due_in: Some(Duration::ZERO), ..Release::default() }).await
        }
        Verdict::Failed { why, unverified } => {
            let strike = kitchen.others_succeed();
            if strike && order.strikes + 1 >= kitchen.settings.quarantine_after {
                return finish(kitchen, order, Finish::Quarantined { reason: why }, Made::Later).await;
            }
            let due_in = Some(delay_after(kitchen, order.attempts));
            let failure = Some(why);
            release(
                kitchen,
                order,
                Release { due_in, strike, failure, unverified_pizza: unverified, ..Release::default() },
            )
            .await
        }
    }
}

/// Half of the delay is certain, so that a failing order never spins; the other half is jitter.
fn delay_after(kitchen: &Kitchen, attempts: u32) -> Duration {
    let failures = attempts.saturating_sub(1);
    let certain = kitchen.backoff.delay(failures) / 2;
    certain + kitchen.backoff.full_jitter(failures, &mut fastrand::Rng::new()) / 2
}

async fn finish(kitchen: &Kitchen, order: &ClaimedOrder, finish: Finish, made: Made) -> Made {
    let state = match &finish {
        Finish::Fulfilled { .. } => OrderState::Fulfilled,
        Finish::Rejected { .. } => OrderState::Rejected,
        Finish::Quarantined { .. } => OrderState::Quarantined,
    };
    let written =
        until_written(kitchen, || kitchen.store.finish(order.id, &order.token, finish.clone())).await;
    match written {
        Some(Settlement::Applied) => {
            count_finish(kitchen, order, state);
            made
        }
        Some(Settlement::Stale) => {
            stale(kitchen, order);
            Made::Later
        }
        None => Made::Later,
    }
}

async fn release(kitchen: &Kitchen, order: &ClaimedOrder, release: Release) -> Made {
    match until_written(kitchen, || kitchen.store.release(order.id, &order.token, release.clone())).await {
        Some(Settlement::Applied) => {
            kitchen.metrics.settled("retry_later");
            kitchen.one_more_queued();
        }
        Some(Settlement::Stale) => stale(kitchen, order),
        None => {}
    }
    Made::Later
}

/// Keeps trying to write for as long as the lease holds: a pizza is in hand, and the database may come back.
/// After that, whoever rescues the order gets the same pizza under the same idempotency key.
async fn until_written<F>(kitchen: &Kitchen, mut write: impl FnMut() -> F) -> Option<Settlement>
where
    F: Future<Output = Result<Settlement, StoreError>>,
{
    let deadline = now() + kitchen.settings.lease;
    let mut pause = Duration::from_millis(50);
    loop {
        match write().await {
            Ok(settlement) => return Some(settlement),
            Err(error) if now() >= deadline => {
                tracing::error!("type" = "db", component = "store", error = ?error, "an order is left to its lease");
                return None;
            }
            Err(_) => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

/// A fresh order that has its pizza kept its promise; one that has not is looked at again when its time is up.
fn count_promise(kitchen: &Kitchen, order: &ClaimedOrder, made: &Made) {
    match made {
        Made::Fulfilled { .. } => kitchen.metrics.slo(true),
        Made::Rejected { .. } => {}
        Made::Later => kitchen.watch_deadline(order.id),
    }
}

fn count_finish(kitchen: &Kitchen, order: &ClaimedOrder, state: OrderState) {
    kitchen.metrics.settled(state.as_str());
    match state {
        // What the service orders from itself is no business.
        _ if order.diner.email == SYNTHETIC_DINER => {}
        OrderState::Fulfilled => count_sale(kitchen, order),
        OrderState::Rejected => kitchen.metrics.order("rejected"),
        _ => {}
    }
    let order_id = order.id.0;
    if state == OrderState::Quarantined {
        tracing::error!(
            "type" = "order",
            component = "kitchen",
            order_id,
            "order quarantined: it needs a person"
        );
    }
}

fn count_sale(kitchen: &Kitchen, order: &ClaimedOrder) {
    let took = jiff::Timestamp::now().duration_since(order.date);
    let revenue: domain::Bitcoin = order.items.iter().map(|item| item.price).sum();
    #[expect(clippy::cast_precision_loss, reason = "a metric is a double")]
    let bitcoin = revenue.satoshi() as f64 / 1e8;
    let (franchise, pizzas) = (order.franchise.0, order.items.len() as u64);
    kitchen.metrics.order("fulfilled");
    kitchen.metrics.sold(franchise, pizzas, bitcoin, Duration::try_from(took).unwrap_or_default());
}

fn stale(kitchen: &Kitchen, order: &ClaimedOrder) {
    kitchen.metrics.settled("stale");
    let order_id = order.id.0;
    tracing::warn!("type" = "order", component = "kitchen", order_id, "a late result changed nothing");
}

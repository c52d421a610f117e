//! The kitchen: what making pizzas needs, and what is known about it now.

use super::{
    KitchenState, KitchenStatus, Watcher,
    controls::{Controls, History},
    deadlines::Deadlines,
    fresh::FreshPlaces,
    now,
    signals::Signals,
    trouble::Trouble,
    watchers::Watchers,
};
use crate::config::{Config, Fulfilment, LogBodies};
use domain::OrderId;
use factory_api::ReportLink;
use factory_client::{Factory, Pizza, ReportLinkError, VerifyError};
use jiff::Timestamp;
use resilience::{AimdLimit, Backoff, Circuit, RetryBudget, State};
use std::{
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use store::{ClaimedOrder, Lease, QueueStats, Store, Token};
use telemetry::Metrics;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Everything that making pizzas needs.
pub struct Kitchen {
    pub(super) store: Arc<dyn Store>,
    pub(super) factory: Box<dyn Factory>,
    pub(super) circuit: Arc<Circuit>,
    pub(super) signals: Arc<Signals>,
    pub(super) budget: RetryBudget,
    pub(super) retry_delay: Backoff,
    pub(super) backoff: Backoff,
    pub(super) settings: Fulfilment,
    pub(super) slow_call: Duration,
    pub(super) success_window: Duration,
    pub(super) metrics: Arc<Metrics>,
    /// Whose calls are logged with all that was said.
    pub(super) log_bodies: LogBodies,
    pub(super) watchers: Watchers,
    pub(super) controls: Controls,
    pub(super) trouble: Trouble,
    pub(super) deadlines: Deadlines,
    pub(super) tasks: TaskTracker,
    /// Set when a shutdown's grace is over: what is in flight gives its orders back.
    pub(super) abandon: CancellationToken,
    /// Places at the factory for fresh orders.
    pub(super) fresh: Arc<FreshPlaces>,
    installation: String,
    queue: RwLock<Observed>,
    /// Orders known to be queued: the last look, plus what was queued since.
    queued: AtomicU64,
    made: AtomicU64,
    last_success: Mutex<Option<Instant>>,
    report_link: Mutex<Option<(ReportLink, Instant)>>,
    /// How long a report link is news: probes bring a fresh one as long as the chaos lasts.
    report_link_lasts: Duration,
}

#[derive(Clone, Copy, Default)]
struct Observed {
    stats: QueueStats,
    drain_rate: f64,
}

impl Kitchen {
    /// A kitchen that works for this installation. Nothing is dispatched until [`super::dispatch`] runs.
    pub fn new(
        config: &Config,
        store: Arc<dyn Store>,
        factory: impl Factory,
        installation: String,
        metrics: Arc<Metrics>,
    ) -> Arc<Self> {
        let settings = config.fulfilment.clone();
        let signals = Arc::new(Signals {
            wake: tokio::sync::Notify::new(),
            alarm: tokio::sync::Notify::new(),
            moving: AtomicBool::new(false),
            backlog: AimdLimit::new(1, settings.backlog_in_flight),
            history: History::default(),
            metrics: Arc::clone(&metrics),
        });
        let listener = Arc::clone(&signals);
        let circuit = Circuit::new(config.circuit_config(), now(), fastrand::u64(..), move |event| {
            listener.circuit_event(event);
        });
        Arc::new(Self {
            store,
            factory: Box::new(factory),
            circuit,
            signals,
            budget: RetryBudget::new(settings.retry_budget, 3, config.circuit.window),
            retry_delay: Backoff { base: settings.retry_delay, max: Duration::from_secs(1) },
            backoff: Backoff { base: settings.backoff, max: settings.backoff_max },
            slow_call: config.circuit.slow_call,
            success_window: config.circuit.window,
            metrics,
            log_bodies: config.log.bodies,
            watchers: Watchers::default(),
            controls: Controls::default(),
            trouble: Trouble::default(),
            deadlines: Deadlines::default(),
            tasks: TaskTracker::new(),
            abandon: CancellationToken::new(),
            fresh: FreshPlaces::new(settings.fresh_in_flight),
            settings,
            installation,
            queue: RwLock::default(),
            queued: AtomicU64::new(0),
            made: AtomicU64::new(0),
            last_success: Mutex::new(None),
            report_link: Mutex::new(None),
            report_link_lasts: config.circuit.open_max * 2,
        })
    }

    /// The kitchen now, as people see it.
    pub fn status(&self) -> KitchenStatus {
        let circuit = self.circuit.snapshot();
        let mut observed = *self.queue.read().unwrap_or_else(PoisonError::into_inner);
        observed.stats.queued = self.queued.load(Ordering::Relaxed);
        KitchenStatus {
            state: KitchenState::of(&circuit),
            probing: circuit.state == State::HalfOpen,
            reopen_in: circuit.reopen_at.map(|at| at.saturating_duration_since(now())),
            queue: observed.stats,
            drain_rate: observed.drain_rate,
        }
    }

    /// The link that ends the factory's chaos, if an answer had one lately: for admins only.
    pub fn report_link(&self) -> Option<ReportLink> {
        let seen = self.report_link.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fresh = |at: Instant| now().saturating_duration_since(at) <= self.report_link_lasts;
        seen.and_then(|(link, at)| fresh(at).then_some(link))
    }

    /// Follows a link that ends the factory's chaos, if it is the factory's own; answers with the factory's words.
    pub async fn follow_report_link(&self, link: &ReportLink) -> Result<String, ReportLinkError> {
        let words = self.factory.follow_report_link(link).await?;
        *self.report_link.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(words)
    }

    /// Waits until something breaks: the circuit opens.
    pub async fn alarm(&self) {
        self.signals.alarm.notified().await;
    }

    /// Whether a token is the pizza of this order: the factory's keys say so, not we.
    pub async fn verify(&self, jwt: &str, order: OrderId) -> Result<Pizza, VerifyError> {
        self.factory.verify(jwt, order.0).await
    }

    /// Watches an order.
    pub fn watch(&self, order: OrderId) -> Watcher {
        self.watchers.watch(order)
    }

    /// Something happened to an order elsewhere than in its making: it was cancelled or redriven.
    pub fn order_changed(&self, order: OrderId) {
        self.watchers.tell(order);
        self.signals.wake.notify_one();
    }

    /// Waits until nothing is at the factory any more. After `grace`, gives back what still is: its leases
    /// are released, and another instance, or the next start, goes on with the same idempotency keys.
    pub async fn close(&self, grace: Duration) {
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait()).await.is_err() {
            self.abandon.cancel();
            let release_time = Duration::from_secs(2);
            if tokio::time::timeout(release_time, self.tasks.wait()).await.is_err() {
                tracing::warn!(
                    "type" = "order",
                    component = "kitchen",
                    "orders in flight are left to their leases"
                );
            }
        }
    }

    fn state(&self) -> KitchenState {
        KitchenState::of(&self.circuit.snapshot())
    }

    pub(super) fn lease(&self) -> Lease {
        Lease { token: Token::new(), duration: self.settings.lease }
    }

    /// The order's name at the factory: the same for every attempt, unlike any other installation's. Its date is
    /// in it because a database that was restored from a backup gives ids again.
    pub(super) fn idempotency_key(&self, order: &ClaimedOrder) -> String {
        format!("{}-{}-{}", self.installation, order.id, order.date.as_millisecond())
    }

    pub(super) fn one_more_queued(&self) {
        self.queued.fetch_add(1, Ordering::Relaxed);
        if self.state() != KitchenState::Closed {
            self.signals.wake.notify_one();
        }
    }

    pub(super) fn claimed_from_queue(&self, orders: u64) {
        let less = |queued: u64| Some(queued.saturating_sub(orders));
        // The closure always answers, so there is no error to handle.
        let _ = self.queued.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    pub(super) fn has_backlog(&self) -> bool {
        self.queued.load(Ordering::Relaxed) > 0
    }

    /// The factory made a pizza, so it can make others: the backlog moves.
    pub(super) fn succeeded(&self) {
        self.made.fetch_add(1, Ordering::Relaxed);
        self.trouble.succeeded();
        self.signals.moving.store(true, Ordering::Relaxed);
        *self.last_success.lock().unwrap_or_else(PoisonError::into_inner) = Some(now());
    }

    /// Whether other orders have been made lately, so that a failure is this order's own.
    pub(super) fn others_succeed(&self) -> bool {
        let last = *self.last_success.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = |at: Instant| now().saturating_duration_since(at) <= self.success_window;
        self.state() != KitchenState::Closed && last.is_some_and(recent)
    }

    /// An order was not made at once: whether it is in time is counted when its time is up.
    pub(super) fn watch_deadline(&self, order: OrderId) {
        self.deadlines.watch(order, self.settings.fulfil_within);
    }

    pub(super) fn saw_report_link(&self, link: Option<ReportLink>) {
        if let Some(link) = link {
            *self.report_link.lock().unwrap_or_else(PoisonError::into_inner) = Some((link, now()));
        }
    }

    /// Takes in a fresh look at the queue, `since` the last one.
    pub(super) fn observe(&self, stats: QueueStats, since: Duration) {
        let made = self.made.swap(0, Ordering::Relaxed);
        let mut observed = self.queue.write().unwrap_or_else(PoisonError::into_inner);
        // What is made while nobody waits tells how much is ordered, not how fast a backlog goes.
        if made > 0 && self.has_backlog() {
            #[expect(clippy::cast_precision_loss, reason = "an estimate")]
            let rate = made as f64 / since.as_secs_f64().max(0.001);
            observed.drain_rate = 0.8_f64.mul_add(observed.drain_rate, 0.2 * rate);
        }
        observed.stats = stats;
        self.queued.store(stats.queued, Ordering::Relaxed);
        self.metrics.queue([stats.queued, stats.making, stats.quarantined], age_of_oldest(&stats));
    }
}

/// The age of the oldest queued order.
fn age_of_oldest(stats: &QueueStats) -> Duration {
    let age = |placed: Timestamp| Duration::try_from(stats.now.duration_since(placed)).unwrap_or_default();
    stats.oldest_queued_at.map(age).unwrap_or_default()
}

//! Operations: what wakes people, and what they then know.
//!
//! [`watch`] looks at our own metrics as Prometheus would ([`evaluation`]), opens incidents ([`incidents`]), gathers
//! what happens in their course ([`gathering`]) and closes them ([`closing`]). It tells people ([`telling`]) what they
//! need to know ([`message`]) through an outbox that survives a restart ([`outbox`]), and marks the times on dashboards
//! ([`marking`]). What people do about it is in [`response`] and [`desk`].
//!
//! Nothing here is in an order's way: it reads what fulfilment knows, and runs on tasks of its own.

mod act_link;
mod causes;
mod closing;
mod database;
mod desk;
mod evaluation;
mod gathering;
mod incidents;
mod marking;
mod message;
mod outbox;
mod overview;
mod report;
mod response;
mod synthetic;
mod tally;
mod telling;

pub use act_link::{ActLink, ActLinks};
pub use evaluation::{AlertView, PauseAlertError};
pub use report::calls;
pub use response::EndChaosError;
pub use synthetic::{SYNTHETIC_DINER, is_reserved, place_synthetic_orders};
pub use tally::tally;

use crate::{config::Config, fulfilment::Kitchen};
use alerting::{Evaluator, Pace, Rules};
use annotations::GrafanaAnnotations;
use database::in_time;
use domain::Incident;
use jiff::{Timestamp, tz::TimeZone};
use notifications::Notifier;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use store::{OperationsStore, Store};
use telemetry::Metrics;
use tokio::{sync::Notify, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use url::Url;

/// Everything that operations need.
pub struct Operations {
    store: Arc<dyn OperationsStore>,
    orders: Arc<dyn Store>,
    kitchen: Arc<Kitchen>,
    metrics: Arc<Metrics>,
    config: Config,
    /// This instance's name among those that share the database. It stays the same through a restart.
    instance: String,
    /// The same, and since when it runs: its metrics count from there.
    run: String,
    public_url: Url,
    time_zone: TimeZone,
    evaluator: Mutex<Evaluator>,
    /// The incidents that are open, as of the last look.
    open: Mutex<Vec<Incident>>,
    notifier: Arc<Notifier>,
    annotations: Option<GrafanaAnnotations>,
    act_links: ActLinks,
    /// There may be something to deliver.
    post: Notify,
}

/// Why operations cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OperationsError {
    /// A contact point cannot be used.
    #[error("configuration: alerts.contact_points: {0}")]
    ContactPoint(#[from] notifications::ConfigError),
    /// Grafana cannot be written to.
    #[error("configuration: annotations: {0}")]
    Annotations(String),
}

impl Operations {
    /// Puts the parts together. Nothing is evaluated or sent before [`watch`] runs.
    pub fn new(
        config: &Config,
        (store, orders): (Arc<dyn OperationsStore>, Arc<dyn Store>),
        kitchen: Arc<Kitchen>,
        metrics: Arc<Metrics>,
        act_links: ActLinks,
    ) -> Result<Self, OperationsError> {
        let rules = Rules::built_in(Pace::faster(config.alerts.speed));
        Ok(Self {
            store,
            orders,
            kitchen,
            metrics,
            instance: config.instance_name(),
            run: format!("{} since {}", config.instance_name(), Timestamp::now().as_millisecond()),
            public_url: config.public_url(),
            // Checked with the configuration.
            time_zone: TimeZone::get(&config.incidents.time_zone).unwrap_or(TimeZone::UTC),
            evaluator: Mutex::new(Evaluator::new(rules)),
            open: Mutex::default(),
            notifier: Arc::new(Notifier::new(config.alerts.contact_points.clone())?),
            annotations: grafana(config)?,
            act_links,
            post: Notify::new(),
            config: config.clone(),
        })
    }
}

fn grafana(config: &Config) -> Result<Option<GrafanaAnnotations>, OperationsError> {
    let settings = &config.annotations;
    let Some(url) = settings.grafana_url.clone() else { return Ok(None) };
    let Some(token) = settings.token.clone() else {
        return Err(OperationsError::Annotations("token is missing".into()));
    };
    let grafana = annotations::GrafanaConfig {
        url,
        token,
        dashboard_uid: settings.dashboard_uid.clone(),
        panel_id: settings.panel_id,
    };
    GrafanaAnnotations::new(grafana)
        .map(Some)
        .map_err(|error| OperationsError::Annotations(error.to_string()))
}

/// Watches until the shutdown signal.
///
/// Metrics are looked at twice for each evaluation, as Prometheus would scrape them. A circuit that opens is looked
/// at at once, and so is an alert whose period is over: whoever has to be woken is woken after the pending period, and
/// not an evaluation later because a look came a millisecond early.
pub async fn watch(operations: Arc<Operations>, shutdown: CancellationToken) {
    if !operations.config.alerts.enabled {
        return shutdown.cancelled().await;
    }
    operations.restore().await;
    let interval = operations.interval();
    let mut scrape = tokio::time::interval(interval / 2);
    scrape.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut gather =
        tokio::time::interval((interval / 10).clamp(Duration::from_millis(100), Duration::from_secs(3)));
    gather.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut evaluate_next = true;
    loop {
        tokio::select! {
            _ = scrape.tick() => {}
            () = operations.kitchen.alarm() => {
                scrape.reset();
                evaluate_next = true;
            }
            () = operations.a_period_is_over() => evaluate_next = true,
            _ = gather.tick() => {
                in_time(operations.gather()).await;
                continue;
            }
            () = shutdown.cancelled() => return,
        }
        operations.scrape();
        if evaluate_next {
            operations.evaluate().await;
        }
        evaluate_next = !evaluate_next;
    }
}

/// Delivers what is in the outbox until the shutdown signal.
pub async fn deliver(operations: Arc<Operations>, shutdown: CancellationToken) {
    let mut poll = tokio::time::interval(Duration::from_secs(1));
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = poll.tick() => {}
            () = operations.post.notified() => {}
            () = shutdown.cancelled() => return,
        }
        operations.deliver_due().await;
    }
}

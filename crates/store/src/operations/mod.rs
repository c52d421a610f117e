//! What the on-call engineer's side of the service keeps: alerts, notices on their way to people, incidents, planned
//! chaos. Several instances on one database share it, so that people are told of one thing once.

mod alert;
mod annotation;
mod incident;
mod notice;
mod tally;

pub use alert::{AlertChange, AlertHistory, AlertNews, AlertPause, AlertRow};
pub(crate) use alert::{Alerts, distinct};
pub use annotation::Annotated;
pub use incident::{IncidentFile, IncidentOpening, IncidentPage, OrderSpan};
pub use notice::{ClaimedNotice, NewNotice, NoticeOutcome};
pub(crate) use tally::{CHUNK, FoundOrder, IdSearch, add_order, after_chunk, with_slack};

use crate::{Lease, Settlement, StoreError};
use async_trait::async_trait;
use domain::{
    Acknowledgement, CallTally, Cause, ChaosWindow, ChaosWindowId, Incident, IncidentEvent, IncidentId,
    NewChaosWindow, OrderTally,
};
use jiff::Timestamp;
use std::{collections::HashSet, time::Duration};

/// How long the keys of notices that are settled stay known.
pub(crate) const KEYS_OF_NOTICES_LIVE_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long the history of alerts is kept.
pub(crate) const HISTORY_LIVES_FOR: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// How long it is known how the alerts of an instance stood that has died.
pub(crate) const INSTANCES_LIVE_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// How many transactions of one call forget something of each kind, at most.
pub(crate) const FORGET_ROUNDS: u32 = 200;

/// Everything that the on-call engineer's side keeps, as verbs. Its promises are those of [`crate::Store`].
///
/// Times of events are those of whoever tells of them; ages and leases go by the database's clock. All are kept in
/// whole milliseconds.
#[async_trait]
pub trait OperationsStore: Send + Sync + 'static {
    // Alerts.

    /// Writes down how the alerts of one instance stand: `rows` are all of its alerts that are not Normal, and
    /// replace what was written before. `changes` are added to the history. Answers which alerts began and ended
    /// *for the whole installation*: an alert that another live instance also has neither begins nor ends.
    /// An instance lives as long as it has written within `alive_within`. The alerts of one that has died end when the
    /// next one writes; those of one that comes back under its own name before that go on.
    async fn record_alerts(
        &self,
        instance: &str,
        rows: Vec<AlertRow>,
        changes: Vec<AlertChange>,
        alive_within: Duration,
    ) -> Result<AlertNews, StoreError>;
    /// The alerts of every instance that has written within `alive_within`, or of one, if that was not days ago.
    async fn alerts(
        &self,
        alive_within: Duration,
        instance: Option<&str>,
    ) -> Result<Vec<(String, AlertRow)>, StoreError>;
    /// The latest changes of alerts, newest first, at most 1,000.
    async fn alert_history(&self, limit: u32) -> Result<Vec<AlertHistory>, StoreError>;
    /// Pauses a rule for everybody, or moves the end of its pause.
    async fn pause_alert(&self, pause: AlertPause) -> Result<(), StoreError>;
    /// Ends a pause early; whether there was one.
    async fn resume_alert(&self, rule: &str) -> Result<bool, StoreError>;
    /// The pauses that are not over.
    async fn alert_pauses(&self) -> Result<Vec<AlertPause>, StoreError>;

    // Notices on their way.

    /// Puts notices on their way. One whose key is known already, sent or not, is left out; answers how many are new.
    async fn enqueue_notices(&self, notices: Vec<NewNotice>) -> Result<u64, StoreError>;
    /// Takes the notices that have been due longest for the caller to deliver. One whose lease ran out is due again.
    async fn claim_notices(&self, limit: u32, lease: Lease) -> Result<Vec<ClaimedNotice>, StoreError>;
    /// Writes down how delivering a notice went.
    async fn settle_notice(
        &self,
        claimed: &ClaimedNotice,
        outcome: NoticeOutcome,
    ) -> Result<Settlement, StoreError>;

    // Incidents.

    /// Opens an incident, or finds the open one of the same cause; whether it is new.
    async fn open_incident(&self, opening: IncidentOpening) -> Result<(Incident, bool), StoreError>;
    /// Adds to an incident's timeline; an event whose key is known is left out, and so are all of them if there is no
    /// such incident. Answers how many are new.
    async fn add_incident_events(
        &self,
        id: IncidentId,
        events: Vec<IncidentEvent>,
    ) -> Result<u64, StoreError>;
    /// What an instance has counted since the incident began; replaces what it said before.
    async fn record_incident_tally(
        &self,
        id: IncidentId,
        instance: &str,
        tally: CallTally,
    ) -> Result<(), StoreError>;
    /// Remembers the link that ends the factory's chaos, unless there is one already. It may hold a key: it is for
    /// whoever follows it and nobody else.
    async fn keep_incident_link(&self, id: IncidentId, link: &str) -> Result<(), StoreError>;
    /// The link that was kept.
    async fn incident_link(&self, id: IncidentId) -> Result<Option<String>, StoreError>;
    /// Somebody takes an incident on. Answers who has: the first one stays. `None`: there is no such incident.
    async fn acknowledge_incident(
        &self,
        id: IncidentId,
        acknowledgement: Acknowledgement,
    ) -> Result<Option<Acknowledgement>, StoreError>;
    /// Closes an incident; whether it was open.
    async fn close_incident(&self, id: IncidentId, at: Timestamp) -> Result<bool, StoreError>;
    /// The open incident of a cause.
    async fn incident_of(&self, cause: Cause) -> Result<Option<Incident>, StoreError>;
    /// A page of incidents, newest first; pages count from 1.
    async fn incidents(&self, page: u32, per_page: u32) -> Result<IncidentPage, StoreError>;
    /// The incidents that began before `to` and had not ended before `from`, those that began first coming first, at
    /// most 1,000.
    async fn incidents_between(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Incident>, StoreError>;
    /// One incident with its timeline and what was counted.
    async fn incident(&self, id: IncidentId) -> Result<Option<IncidentFile>, StoreError>;
    /// What became of the orders that were placed in a span of time. Its cost goes by the number of those orders:
    /// their ids are searched, because ids follow time but for seconds. (Where a database is known to give ids in
    /// another order, TiDB and Vitess, all orders are read.)
    ///
    /// An order counts as lost if its state is none that there is; if it is called fulfilled and has no pizza; if it
    /// is called being made and is in nobody's hands; if it has a fulfilment record and no order; or if it has an
    /// order and no fulfilment record, although it is one of ours. Whose it is can be told on SQLite: all from the
    /// first that has a record. On MySQL the historic service may have written it, unless a status event or a pizza
    /// of ours was kept. An order of which nothing was kept cannot be missed.
    async fn tally_orders(&self, span: OrderSpan) -> Result<OrderTally, StoreError>;

    // Planned chaos.

    /// Writes down a window.
    async fn plan_chaos_window(&self, window: NewChaosWindow) -> Result<ChaosWindow, StoreError>;
    /// The windows that have a moment in common with the span from `from` to before `to`, in order of their
    /// beginning, at most 1,000.
    async fn chaos_windows(&self, from: Timestamp, to: Timestamp) -> Result<Vec<ChaosWindow>, StoreError>;
    /// Takes a window away; the window, if there was one.
    async fn forget_chaos_window(&self, id: ChaosWindowId) -> Result<Option<ChaosWindow>, StoreError>;

    // Annotations on dashboards.

    /// What is known of the annotation about a subject (`incident 5`, `chaos window 3`).
    async fn annotated(&self, subject: &str) -> Result<Option<Annotated>, StoreError>;
    /// Remembers it.
    async fn record_annotation(&self, subject: &str, annotated: Annotated) -> Result<(), StoreError>;
}

/// Those whose key is not among the known ones, and of several with one key the first.
pub(crate) fn unknown<T>(all: &[T], key: impl Fn(&T) -> &String, mut known: HashSet<String>) -> Vec<&T> {
    all.iter().filter(|one| known.insert(key(one).clone())).collect()
}

//! The verbs of the on-call engineer's side.

use super::{
    MysqlStore, alerts, chaos_windows, incidents, notices, tally,
    transaction::{
        Proof::{Receipt, Repeatable},
        reading, writing,
    },
};
use crate::{
    AlertChange, AlertHistory, AlertNews, AlertPause, AlertRow, Annotated, ClaimedNotice, IncidentFile,
    IncidentOpening, IncidentPage, Lease, NewNotice, NoticeOutcome, OperationsStore, OrderSpan, Settlement,
    StoreError, observer::observed,
};
use domain::{
    Acknowledgement, CallTally, Cause, ChaosWindow, ChaosWindowId, Incident, IncidentEvent, IncidentId,
    NewChaosWindow, OrderTally,
};
use jiff::Timestamp;
use std::time::Duration;

observed! {
    impl OperationsStore for MysqlStore {
        async fn record_alerts(
            &self,
            instance: &str,
            rows: Vec<AlertRow>,
            changes: Vec<AlertChange>,
            alive_within: Duration,
        ) -> Result<AlertNews, StoreError> {
            writing!(self.pool, Receipt, tx => {
                alerts::record_alerts(tx, instance, &rows, &changes, alive_within)
            })
        }

        async fn alerts(
            &self,
            alive_within: Duration,
            instance: Option<&str>,
        ) -> Result<Vec<(String, AlertRow)>, StoreError> {
            reading!(self.pool, db => alerts::alerts(db, alive_within, instance))
        }

        async fn alert_history(&self, limit: u32) -> Result<Vec<AlertHistory>, StoreError> {
            reading!(self.pool, db => alerts::alert_history(db, limit))
        }

        async fn pause_alert(&self, pause: AlertPause) -> Result<(), StoreError> {
            writing!(self.pool, Repeatable, tx => alerts::pause_alert(tx, &pause))
        }

        async fn resume_alert(&self, rule: &str) -> Result<bool, StoreError> {
            writing!(self.pool, Receipt, tx => alerts::resume_alert(tx, rule))
        }

        async fn alert_pauses(&self) -> Result<Vec<AlertPause>, StoreError> {
            reading!(self.pool, db => alerts::alert_pauses(db))
        }

        async fn enqueue_notices(&self, notices: Vec<NewNotice>) -> Result<u64, StoreError> {
            writing!(self.pool, Receipt, tx => notices::enqueue(tx, &notices))
        }

        async fn claim_notices(&self, limit: u32, lease: Lease) -> Result<Vec<ClaimedNotice>, StoreError> {
            notices::claim(&self.pool, limit, &lease).await
        }

        async fn settle_notice(
            &self,
            claimed: &ClaimedNotice,
            outcome: NoticeOutcome,
        ) -> Result<Settlement, StoreError> {
            writing!(self.pool, Receipt, tx => notices::settle(tx, claimed, &outcome))
        }

        async fn open_incident(&self, opening: IncidentOpening) -> Result<(Incident, bool), StoreError> {
            writing!(self.pool, Receipt, tx => incidents::open(tx, &opening))
        }

        async fn add_incident_events(
            &self,
            id: IncidentId,
            events: Vec<IncidentEvent>,
        ) -> Result<u64, StoreError> {
            writing!(self.pool, Receipt, tx => incidents::add_events(tx, id, &events))
        }

        async fn record_incident_tally(
            &self,
            id: IncidentId,
            instance: &str,
            tally: CallTally,
        ) -> Result<(), StoreError> {
            writing!(self.pool, Repeatable, tx => incidents::record_tally(tx, id, instance, &tally))
        }

        async fn keep_incident_link(&self, id: IncidentId, link: &str) -> Result<(), StoreError> {
            writing!(self.pool, Repeatable, tx => incidents::keep_link(tx, id, link))
        }

        async fn incident_link(&self, id: IncidentId) -> Result<Option<String>, StoreError> {
            reading!(self.pool, db => incidents::link(db, id))
        }

        async fn acknowledge_incident(
            &self,
            id: IncidentId,
            acknowledgement: Acknowledgement,
        ) -> Result<Option<Acknowledgement>, StoreError> {
            writing!(self.pool, Receipt, tx => incidents::acknowledge(tx, id, &acknowledgement))
        }

        async fn close_incident(&self, id: IncidentId, at: Timestamp) -> Result<bool, StoreError> {
            writing!(self.pool, Receipt, tx => incidents::close(tx, id, at))
        }

        async fn incident_of(&self, cause: Cause) -> Result<Option<Incident>, StoreError> {
            reading!(self.pool, db => incidents::of_cause(db, cause))
        }

        async fn incidents(&self, page: u32, per_page: u32) -> Result<IncidentPage, StoreError> {
            reading!(self.pool, db => incidents::page(db, page, per_page))
        }

        async fn incidents_between(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Incident>, StoreError> {
            reading!(self.pool, db => incidents::between(db, from, to))
        }

        async fn incident(&self, id: IncidentId) -> Result<Option<IncidentFile>, StoreError> {
            reading!(self.pool, db => incidents::file(db, id))
        }

        async fn tally_orders(&self, span: OrderSpan) -> Result<OrderTally, StoreError> {
            let mut tally = OrderTally::default();
            let mut ids = reading!(self.pool, db => tally::ids_of(db, &span))?;
            while !ids.is_empty() {
                (tally, ids) = reading!(self.pool, db => tally::add_some(db, &span, &ids, tally))?;
            }
            Ok(tally)
        }

        async fn plan_chaos_window(&self, window: NewChaosWindow) -> Result<ChaosWindow, StoreError> {
            writing!(self.pool, Receipt, tx => chaos_windows::plan(tx, &window))
        }

        async fn chaos_windows(&self, from: Timestamp, to: Timestamp) -> Result<Vec<ChaosWindow>, StoreError> {
            reading!(self.pool, db => chaos_windows::between(db, from, to))
        }

        async fn forget_chaos_window(&self, id: ChaosWindowId) -> Result<Option<ChaosWindow>, StoreError> {
            writing!(self.pool, Receipt, tx => chaos_windows::forget(tx, id))
        }

        async fn annotated(&self, subject: &str) -> Result<Option<Annotated>, StoreError> {
            reading!(self.pool, db => chaos_windows::annotated(db, subject))
        }

        async fn record_annotation(&self, subject: &str, annotated: Annotated) -> Result<(), StoreError> {
            writing!(self.pool, Repeatable, tx => chaos_windows::record_annotation(tx, subject, &annotated))
        }
    }
}

//! The verbs of the on-call engineer's side.

use super::{SqliteStore, alerts, chaos_windows, incidents, notices, tally};
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
    impl OperationsStore for SqliteStore {
        async fn record_alerts(
            &self,
            instance: &str,
            rows: Vec<AlertRow>,
            changes: Vec<AlertChange>,
            alive_within: Duration,
        ) -> Result<AlertNews, StoreError> {
            let instance = instance.to_owned();
            self.write(move |db, now| alerts::record_alerts(db, &instance, &rows, &changes, alive_within, now))
                .await
        }

        async fn alerts(
            &self,
            alive_within: Duration,
            instance: Option<&str>,
        ) -> Result<Vec<(String, AlertRow)>, StoreError> {
            self.read(|db| alerts::alerts(db, alive_within, instance, self.clock.now()))
        }

        async fn alert_history(&self, limit: u32) -> Result<Vec<AlertHistory>, StoreError> {
            self.read(|db| alerts::alert_history(db, limit))
        }

        async fn pause_alert(&self, pause: AlertPause) -> Result<(), StoreError> {
            self.write(move |db, _| alerts::pause_alert(db, &pause)).await
        }

        async fn resume_alert(&self, rule: &str) -> Result<bool, StoreError> {
            let rule = rule.to_owned();
            self.write(move |db, now| alerts::resume_alert(db, &rule, now)).await
        }

        async fn alert_pauses(&self) -> Result<Vec<AlertPause>, StoreError> {
            self.read(|db| alerts::alert_pauses(db, self.clock.now()))
        }

        async fn enqueue_notices(&self, notices: Vec<NewNotice>) -> Result<u64, StoreError> {
            self.write(move |db, now| notices::enqueue(db, &notices, now)).await
        }

        async fn claim_notices(&self, limit: u32, lease: Lease) -> Result<Vec<ClaimedNotice>, StoreError> {
            self.write(move |db, now| notices::claim(db, limit, &lease, now)).await
        }

        async fn settle_notice(
            &self,
            claimed: &ClaimedNotice,
            outcome: NoticeOutcome,
        ) -> Result<Settlement, StoreError> {
            let claimed = claimed.clone();
            self.write(move |db, now| notices::settle(db, &claimed, &outcome, now)).await
        }

        async fn open_incident(&self, opening: IncidentOpening) -> Result<(Incident, bool), StoreError> {
            self.write(move |db, _| incidents::open(db, &opening)).await
        }

        async fn add_incident_events(
            &self,
            id: IncidentId,
            events: Vec<IncidentEvent>,
        ) -> Result<u64, StoreError> {
            self.write(move |db, _| incidents::add_events(db, id, &events)).await
        }

        async fn record_incident_tally(
            &self,
            id: IncidentId,
            instance: &str,
            tally: CallTally,
        ) -> Result<(), StoreError> {
            let instance = instance.to_owned();
            self.write(move |db, _| incidents::record_tally(db, id, &instance, &tally)).await
        }

        async fn keep_incident_link(&self, id: IncidentId, link: &str) -> Result<(), StoreError> {
            let link = link.to_owned();
            self.write(move |db, _| incidents::keep_link(db, id, &link)).await
        }

        async fn incident_link(&self, id: IncidentId) -> Result<Option<String>, StoreError> {
            self.read(|db| incidents::link(db, id))
        }

        async fn acknowledge_incident(
            &self,
            id: IncidentId,
            acknowledgement: Acknowledgement,
        ) -> Result<Option<Acknowledgement>, StoreError> {
            self.write(move |db, _| incidents::acknowledge(db, id, &acknowledgement)).await
        }

        async fn close_incident(&self, id: IncidentId, at: Timestamp) -> Result<bool, StoreError> {
            self.write(move |db, _| incidents::close(db, id, at)).await
        }

        async fn incident_of(&self, cause: Cause) -> Result<Option<Incident>, StoreError> {
            self.read(|db| incidents::of_cause(db, cause))
        }

        async fn incidents(&self, page: u32, per_page: u32) -> Result<IncidentPage, StoreError> {
            self.read(|db| incidents::page(db, page, per_page))
        }

        async fn incidents_between(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Incident>, StoreError> {
            self.read(|db| incidents::between(db, from, to))
        }

        async fn incident(&self, id: IncidentId) -> Result<Option<IncidentFile>, StoreError> {
            self.snapshot(|db| incidents::file(db, id))
        }

        async fn tally_orders(&self, span: OrderSpan) -> Result<OrderTally, StoreError> {
            let mut tally = OrderTally::default();
            let mut ids = self.snapshot(|db| tally::ids_of(db, &span))?;
            while !ids.is_empty() {
                (tally, ids) = self.snapshot(|db| tally::add_some(db, &span, &ids, tally))?;
                tokio::task::yield_now().await;
            }
            Ok(tally)
        }

        async fn plan_chaos_window(&self, window: NewChaosWindow) -> Result<ChaosWindow, StoreError> {
            self.write(move |db, _| chaos_windows::plan(db, &window)).await
        }

        async fn chaos_windows(&self, from: Timestamp, to: Timestamp) -> Result<Vec<ChaosWindow>, StoreError> {
            self.read(|db| chaos_windows::between(db, from, to))
        }

        async fn forget_chaos_window(&self, id: ChaosWindowId) -> Result<Option<ChaosWindow>, StoreError> {
            self.write(move |db, _| chaos_windows::forget(db, id)).await
        }

        async fn annotated(&self, subject: &str) -> Result<Option<Annotated>, StoreError> {
            self.read(|db| chaos_windows::annotated(db, subject))
        }

        async fn record_annotation(&self, subject: &str, annotated: Annotated) -> Result<(), StoreError> {
            let subject = subject.to_owned();
            self.write(move |db, _| chaos_windows::record_annotation(db, &subject, &annotated)).await
        }
    }
}

//! How an incident ends: its rules are Normal everywhere, and no order of it waits.

use super::{
    Operations,
    causes::{cause_of, is_consequence},
    database::failed,
};
use domain::{Cause, Incident, IncidentEvent, IncidentEventKind as Kind, IncidentId, OrderState};
use jiff::Timestamp;
use std::sync::PoisonError;
use store::StoreError;

impl Operations {
    /// Closes the incidents whose rules are Normal everywhere, once no order waits any more.
    pub(super) async fn close_what_is_over(&self) {
        for incident in self.open_incidents() {
            match self.is_over(&incident).await {
                Ok(true) => self.close(&incident).await,
                Ok(false) => {}
                Err(error) => failed(&error, "an incident could not be looked at"),
            }
        }
    }

    async fn is_over(&self, incident: &Incident) -> Result<bool, StoreError> {
        let alerts = self.store.alerts(self.gone_after(), None).await?;
        let bad =
            alerts.iter().any(|(_, row)| cause_of(&row.rule).is_some_and(|cause| belongs(cause, incident)));
        // A rule that nobody looks at is not known to be well.
        let pauses = self.store.alert_pauses().await?;
        let paused = pauses.iter().any(|pause| cause_of(&pause.rule) == Some(incident.cause));
        if bad || paused {
            return Ok(false);
        }
        // There is always an order that waits through no fault; those of the incident are to be made.
        let last_sign = self.last_sign_of(incident).await?;
        for state in [OrderState::Queued, OrderState::Making] {
            let oldest = self.orders.orders_in(state, 1, 1).await?.orders.into_iter().next();
            if oldest.is_some_and(|oldest| oldest.date <= last_sign) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Orders that were placed before this belong to the incident. Its timeline knows of other instances, and of the
    /// time before a restart.
    async fn last_sign_of(&self, incident: &Incident) -> Result<Timestamp, StoreError> {
        let is_sign = |event: &&IncidentEvent| {
            matches!(event.kind, Kind::AlertPending | Kind::AlertAlerting | Kind::AlertRecovering)
                && event.rule().and_then(cause_of) == Some(incident.cause)
        };
        let file = self.store.incident(incident.id).await?;
        let told = file.iter().flat_map(|file| &file.events).filter(is_sign).map(|event| event.at).max();
        let recovered = self.kitchen.trouble().and_then(|spell| spell.recovered_at);
        Ok(incident
            .opened_at
            .max(told.unwrap_or(incident.opened_at))
            .max(recovered.unwrap_or(incident.opened_at)))
    }

    async fn close(&self, incident: &Incident) {
        let at = Timestamp::now();
        self.gather_the_end(incident, at).await;
        match self.store.close_incident(incident.id, at).await {
            Ok(closed) => {
                self.forget(incident.id);
                if closed {
                    let id = incident.id.0;
                    tracing::info!(
                        "type" = "alert",
                        component = "incidents",
                        incident = id,
                        "incident closed"
                    );
                    self.annotate_incident(incident, Some(at)).await;
                }
            }
            Err(error) => failed(&error, "an incident could not be closed"),
        }
    }

    fn forget(&self, closed: IncidentId) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|known| known.id != closed);
        self.metrics.incidents_open(open.len() as u64);
    }
}

/// Whether an alert of this cause keeps an incident open.
fn belongs(cause: Cause, incident: &Incident) -> bool {
    cause == incident.cause || is_consequence(cause)
}

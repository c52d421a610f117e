//! The incident's own report.

use super::Operations;
use domain::{CallTally, IncidentId, OrderTally};
use incident_report::Facts;
use jiff::Timestamp;
use store::{IncidentFile, OrderSpan, StoreError};

impl Operations {
    /// The post-mortem as Markdown: facts filled in, judgement left blank. `None`: there is no such incident.
    pub async fn report(&self, id: IncidentId) -> Result<Option<String>, StoreError> {
        let Some(file) = self.store.incident(id).await? else { return Ok(None) };
        let now = Timestamp::now();
        Ok(Some(incident_report::write(&Facts {
            orders: self.orders_of(&file).await?,
            calls: calls(&file),
            windows: self.windows_of(&file.incident, now).await,
            incident: file.incident,
            events: file.events,
            factory: self.config.factory.url.host_str().unwrap_or("the factory").to_owned(),
            time_zone: self.time_zone.clone(),
            now,
            at_once_seconds: self.config.orders.default_wait.as_secs(),
        })))
    }

    /// What became of the orders that were placed in the course of an incident.
    pub async fn orders_of(&self, file: &IncidentFile) -> Result<OrderTally, StoreError> {
        let incident = &file.incident;
        let to = incident.closed_at.unwrap_or_else(Timestamp::now);
        let span = OrderSpan { from: incident.began_at, to, at_once: self.config.orders.default_wait };
        self.store.tally_orders(span).await
    }
}

/// What all instances counted.
pub fn calls(file: &IncidentFile) -> CallTally {
    file.tallies.iter().fold(CallTally::default(), |sum, (_, tally)| sum.plus(*tally))
}

//! What pages show of operations, beside what the API tells.

use super::Operations;
use domain::{Cause, ChaosWindow, Incident};
use jiff::Timestamp;
use store::{OrderSpan, StoreError};

impl Operations {
    /// The incidents that began before `to` and had not ended before `from`, those that began first coming first.
    pub async fn incidents_between(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Incident>, StoreError> {
        self.store.incidents_between(from, to).await
    }

    /// The planned chaos that goes on.
    pub async fn chaos_now(&self) -> Result<Vec<ChaosWindow>, StoreError> {
        let now = Timestamp::now();
        let mut windows = self.store.chaos_windows(now, Timestamp::MAX).await?;
        windows.retain(|window| window.holds(now));
        Ok(windows)
    }

    /// How many orders were placed since then.
    pub async fn orders_since(&self, from: Timestamp) -> Result<u64, StoreError> {
        let span = OrderSpan { from, to: Timestamp::now(), at_once: self.config.orders.default_wait };
        Ok(self.store.tally_orders(span).await?.placed)
    }

    /// What has probably broken, as notifications say it; `None` if it is not the factory.
    pub async fn cause_in_words(&self, incident: &Incident) -> Option<String> {
        if incident.cause != Cause::Factory {
            return None;
        }
        let now = Timestamp::now();
        let windows = self.windows_of(incident, now).await;
        let held = |window: &&ChaosWindow| window.holds(now) || window.holds(incident.began_at);
        Some(self.likely_cause(windows.iter().find(held)))
    }
}

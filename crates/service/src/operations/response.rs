//! What people do about an incident: take it on, end the chaos.

use super::Operations;
use domain::{Acknowledgement, IncidentEvent, IncidentEventKind as Kind, IncidentId};
use factory_api::ReportLink;
use factory_client::ReportLinkError;
use jiff::Timestamp;
use store::StoreError;

/// Why the factory's chaos was not ended.
#[derive(Debug, thiserror::Error)]
pub enum EndChaosError {
    /// There is no such incident.
    #[error("there is no incident {0}")]
    Unknown(IncidentId),
    /// The factory's answers had no link.
    #[error("the factory's answers had no link that ends its chaos")]
    NoLink,
    /// The link was followed in vain.
    #[error(transparent)]
    Link(#[from] ReportLinkError),
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Operations {
    /// What somebody did about whatever is wrong goes into the timeline of every open incident.
    pub async fn note_act(&self, text: String) {
        let at = Timestamp::now();
        let key = format!("act:{}:{}", self.instance, at.as_nanosecond());
        self.add_to_open(&[IncidentEvent { at, key, kind: Kind::Act, text }]).await;
    }

    /// Somebody takes an incident on; whoever was first stays. `None`: there is no such incident.
    pub async fn acknowledge(&self, id: IncidentId, by: &str) -> Result<Option<Acknowledgement>, StoreError> {
        let acknowledgement = Acknowledgement { by: by.to_owned(), at: Timestamp::now() };
        let Some(first) = self.store.acknowledge_incident(id, acknowledgement.clone()).await? else {
            return Ok(None);
        };
        if first == acknowledgement {
            tracing::info!(
                "type" = "alert",
                component = "incidents",
                incident = id.0,
                by,
                "incident acknowledged"
            );
        }
        let event = IncidentEvent {
            at: first.at,
            key: "acknowledged".to_owned(),
            kind: Kind::Acknowledgement,
            text: format!("{} acknowledged the incident", first.by),
        };
        self.store.add_incident_events(id, vec![event]).await?;
        self.look_for_open_incidents().await;
        Ok(Some(first))
    }

    /// Follows the link that ends the factory's chaos, if its answers had one; answers with the factory's words.
    pub async fn end_chaos(&self, id: IncidentId, by: &str) -> Result<String, EndChaosError> {
        if self.store.incident(id).await?.is_none() {
            return Err(EndChaosError::Unknown(id));
        }
        let kept = self.store.incident_link(id).await?;
        let kept = kept.as_deref().and_then(ReportLink::parse);
        let link = self.kitchen.report_link().or(kept).ok_or(EndChaosError::NoLink)?;
        let ended = self.kitchen.follow_report_link(&link).await;
        let text = match &ended {
            Ok(words) => format!("{by} followed the factory's report link. It said: {words}"),
            Err(error) => format!("{by} followed the factory's report link in vain: {error}"),
        };
        tracing::warn!("type" = "alert", component = "incidents", incident = id.0, by, "{text}");
        let at = Timestamp::now();
        let key = format!("end-chaos:{}", at.as_nanosecond());
        self.store.add_incident_events(id, vec![IncidentEvent { at, key, kind: Kind::Act, text }]).await?;
        Ok(ended?)
    }
}

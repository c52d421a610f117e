//! Notices on their way: put into the outbox once for the whole installation, delivered by whichever instance takes
//! them, tried again until they arrive or are a day old.

use super::{Operations, database::failed, message::fingerprint};
use annotations::{AnnotationError, AnnotationId, Annotations, Region};
use domain::{IncidentEvent, IncidentEventKind as Kind, IncidentId};
use jiff::{SignedDuration, Timestamp};
use notifications::{DeliveryError, Notification, Status, retry_delay};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::{Annotated, ClaimedNotice, Lease, NoticeOutcome, StoreError, Token};

/// Longer than any delivery takes.
const LEASE: Duration = Duration::from_secs(60);
/// Notices that are delivered at one time.
const AT_ONCE: u32 = 10;
/// What has not arrived by then is no news any more.
const STALE: SignedDuration = SignedDuration::from_hours(24);

/// What a notice says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Letter {
    /// Something to tell people.
    Notification { incident: Option<i64>, notification: Box<Notification> },
    /// A time to mark.
    Annotation { subject: String, from: Timestamp, to: Option<Timestamp>, tags: Vec<String>, text: String },
}

enum Undelivered {
    /// Trying again may help, after so long at least.
    Temporary {
        why: String,
        after: Option<Duration>,
    },
    Permanent {
        why: String,
    },
}

impl Operations {
    /// Delivers what is due.
    pub async fn deliver_due(&self) {
        loop {
            let lease = Lease { token: Token::new(), duration: LEASE };
            let claimed = match self.store.claim_notices(AT_ONCE, lease).await {
                Ok(claimed) => claimed,
                Err(error) => return failed(&error, "the outbox cannot be read"),
            };
            if claimed.is_empty() {
                return;
            }
            futures::future::join_all(claimed.iter().map(|notice| self.deliver(notice))).await;
        }
    }

    async fn deliver(&self, claimed: &ClaimedNotice) {
        let letter = serde_json::from_str::<Letter>(&claimed.notice.payload);
        let delivered = match &letter {
            Ok(Letter::Notification { notification, .. }) if self.is_late(claimed, notification).await => {
                Err(Undelivered::Permanent { why: "it was over before it could be told".into() })
            }
            Ok(Letter::Notification { notification, .. }) => {
                let point = &claimed.notice.contact_point;
                let delivered = self.notifier.deliver(point, notification).await;
                self.metrics.notification(point, delivered.is_ok());
                delivered.map_err(Undelivered::from)
            }
            Ok(Letter::Annotation { subject, from, to, tags, text }) => {
                let (tags, text) = (tags.clone(), text.clone());
                let region = Region { from: *from, to: *to, tags, text, dashboard_uid: None, panel_id: None };
                self.mark(subject, &region).await
            }
            Err(error) => {
                Err(Undelivered::Permanent { why: format!("a notice that cannot be read: {error}") })
            }
        };
        if let Ok(Letter::Notification { incident: Some(incident), .. }) = &letter {
            self.write_down(IncidentId(*incident), claimed, &delivered).await;
        }
        let outcome = outcome(claimed, delivered);
        match self.store.settle_notice(claimed, outcome).await {
            Ok(_) => {}
            Err(error) => failed(&error, "a notice may be sent twice"),
        }
    }

    /// Whether an alert has ended since it could not be told for the first time. Told now, it would come after the
    /// news that it is over, and nobody would ever take it back.
    async fn is_late(&self, claimed: &ClaimedNotice, notification: &Notification) -> bool {
        if claimed.attempts == 1 || notification.status != Status::Firing {
            return false;
        }
        let all = self.store.alerts(self.gone_after(), None).await;
        // After a restart nobody has written for a while, and what this instance had goes on.
        let own = self.store.alerts(Duration::ZERO, Some(&self.instance)).await;
        let (Ok(all), Ok(own)) = (all, own) else { return false };
        let firing = all.iter().chain(&own).filter(|(_, row)| row.firing);
        let firing: Vec<_> = firing.map(|(_, row)| fingerprint(&row.rule, &row.labels)).collect();
        !notification.alerts.iter().any(|alert| firing.contains(&alert.fingerprint))
    }

    async fn mark(&self, subject: &str, region: &Region) -> Result<(), Undelivered> {
        let Some(dashboard) = &self.annotations else {
            return Err(Undelivered::Permanent { why: "no dashboard is configured any more".into() });
        };
        let id = match self.store.annotated(subject).await? {
            Some(known) => dashboard.end(AnnotationId(known.id), region).await?,
            None => dashboard.write(region).await?,
        };
        self.store.record_annotation(subject, Annotated { id: id.0, to: region.to }).await?;
        Ok(())
    }

    /// Whether people were told belongs into the timeline; that they were not, once.
    async fn write_down(
        &self,
        incident: IncidentId,
        claimed: &ClaimedNotice,
        delivered: &Result<(), Undelivered>,
    ) {
        let (point, key) = (&claimed.notice.contact_point, &claimed.notice.key);
        let at = Timestamp::now();
        let event = match delivered {
            Ok(()) => {
                let text = format!("{point} was told");
                IncidentEvent { at, key: format!("notice:{key}:sent"), kind: Kind::Notified, text }
            }
            Err(Undelivered::Temporary { why, .. } | Undelivered::Permanent { why }) => {
                tracing::warn!(
                    "type" = "alert",
                    component = "outbox",
                    contact_point = point,
                    why,
                    "nobody was told"
                );
                let text = format!("{point} could not be told: {why}");
                IncidentEvent { at, key: format!("notice:{key}:failed"), kind: Kind::NotNotified, text }
            }
        };
        self.add_to(incident, vec![event]).await;
    }
}

impl Letter {
    pub(super) fn to_json(&self) -> String {
        // Plain data of ours always serialises.
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn outcome(claimed: &ClaimedNotice, delivered: Result<(), Undelivered>) -> NoticeOutcome {
    match delivered {
        Ok(()) => NoticeOutcome::Sent,
        Err(Undelivered::Temporary { why, after })
            if Timestamp::now().duration_since(claimed.queued_at) < STALE =>
        {
            let delay = retry_delay(claimed.attempts, &mut fastrand::Rng::new());
            NoticeOutcome::RetryIn { due_in: delay.max(after.unwrap_or_default()), why }
        }
        Err(Undelivered::Temporary { why, .. } | Undelivered::Permanent { why }) => {
            NoticeOutcome::GivenUp { why }
        }
    }
}

impl From<DeliveryError> for Undelivered {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::Temporary { why, retry_after } => Self::Temporary { why, after: retry_after },
            DeliveryError::Permanent { why } => Self::Permanent { why },
        }
    }
}

impl From<AnnotationError> for Undelivered {
    fn from(error: AnnotationError) -> Self {
        match error {
            AnnotationError::Temporary { why } => Self::Temporary { why, after: None },
            AnnotationError::Permanent { why } => Self::Permanent { why },
        }
    }
}

impl From<StoreError> for Undelivered {
    fn from(error: StoreError) -> Self {
        Self::Temporary { why: error.to_string(), after: None }
    }
}

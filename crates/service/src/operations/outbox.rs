//! Notices on their way: put into the outbox once for the whole installation, delivered by whichever instance takes
//! them, tried again until they arrive or are a day old.

use super::{
    Operations,
    evaluation::{failed, in_time, labels},
    message::{fingerprint, fingerprint_of, group_of},
};
use alerting::{Reason, Transition};
use annotations::{AnnotationError, AnnotationId, Annotations, Region};
use domain::{Incident, IncidentEvent, IncidentEventKind as Kind, IncidentId};
use jiff::{SignedDuration, Timestamp};
use notifications::{DeliveryError, Notification, Status, retry_delay};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use store::{AlertNews, Annotated, ClaimedNotice, Lease, NewNotice, NoticeOutcome, StoreError, Token};

/// Longer than any delivery takes.
const LEASE: Duration = Duration::from_secs(60);
/// Notices that are delivered at one time.
const AT_ONCE: u32 = 10;
/// What has not arrived by then is no news any more.
const STALE: SignedDuration = SignedDuration::from_hours(24);
/// The contact point of what is written to dashboards. No other can have this name: it is no word of a configuration.
const DASHBOARD: &str = "(dashboard)";

/// What a notice says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Letter {
    /// Something to tell people.
    Notification { incident: Option<i64>, notification: Box<Notification> },
    /// A time to mark.
    Annotation { subject: String, from: Timestamp, to: Option<Timestamp>, tags: Vec<String>, text: String },
}

/// How something is told.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// Written down first, and sent by whoever takes it.
    Outbox,
    /// At once and by every instance that notices: there is no database to write it down in.
    Direct,
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
    /// Tells people of alerts that began or ended for the whole installation.
    pub(super) async fn tell_news(&self, news: &AlertNews, transitions: &[Transition], way: Way) {
        let of = |these: &[(String, String)], which: fn(&Transition) -> bool| -> Vec<&Transition> {
            let is_news = |t: &&Transition| {
                these.iter().any(|(rule, labelled)| *rule == t.rule && *labelled == labels(&t.labels))
            };
            // A pause says nothing of how things are, so nobody is told that all is well.
            transitions.iter().filter(is_news).filter(|t| which(t) && t.reason == Reason::Value).collect()
        };
        self.tell(Status::Firing, of(&news.began, Transition::begins_alert), way).await;
        self.tell(Status::Resolved, of(&news.ended, Transition::ends_alert), way).await;
        if news.began.iter().any(|(rule, _)| group_of(rule) == domain::Cause::Factory.as_str()) {
            self.end_chaos_unasked().await;
        }
        self.repeat().await;
    }

    async fn tell(&self, status: Status, transitions: Vec<&Transition>, way: Way) {
        for group in in_groups(&transitions).values() {
            if let Some(notification) = self.notification(status, group).await {
                self.post_notification(group, notification, way).await;
            }
        }
    }

    async fn post_notification(&self, group: &[&Transition], notification: Notification, way: Way) {
        let Some(first) = group.first() else { return };
        let incident = self.incident_of(&first.rule);
        let name =
            format!("{}:{}:{:?}", fingerprint_of(first), first.since.as_millisecond(), notification.status);
        let letter = Letter::Notification {
            incident: incident.map(|incident| incident.id.0),
            notification: Box::new(notification.clone()),
        };
        let wanting = self.notifier.points().iter().filter(|point| point.wants(notification.severity));
        let notice = |point: &notifications::ContactPoint| NewNotice {
            key: format!("{name}:{}", point.name),
            contact_point: point.name.clone(),
            payload: letter.to_json(),
        };
        let notices: Vec<_> = wanting.map(notice).collect();
        if matches!(way, Way::Outbox) {
            match in_time(self.store.enqueue_notices(notices.clone())).await {
                Some(Ok(_)) => return self.post.notify_one(),
                Some(Err(error)) => failed(&error, "the outbox cannot be used; notices are sent at once"),
                None => {}
            }
        }
        for notice in notices {
            self.deliver_at_once(notice.contact_point, notification.clone());
        }
    }

    /// Without a database there is no outbox; people are told all the same, by every instance that notices.
    fn deliver_at_once(&self, point: String, notification: Notification) {
        let notifier = Arc::clone(&self.notifier);
        tokio::spawn(async move {
            for attempt in 1..=5 {
                match notifier.deliver(&point, &notification).await {
                    Ok(()) | Err(DeliveryError::Permanent { .. }) => return,
                    Err(DeliveryError::Temporary { .. }) => {
                        tokio::time::sleep(retry_delay(attempt, &mut fastrand::Rng::new())).await;
                    }
                }
            }
        });
    }

    /// Who forgets an alert that it has not heard of for a while hears of it again.
    async fn repeat(&self) {
        let forgetful: Vec<_> =
            self.notifier.points().iter().filter(|point| point.kind.wants_repeats()).cloned().collect();
        if forgetful.is_empty() {
            return;
        }
        for group in in_groups(&self.firing().iter().collect::<Vec<_>>()).values() {
            let Some(notification) = self.notification(Status::Firing, group).await else { continue };
            for point in forgetful.iter().filter(|point| point.wants(notification.severity)) {
                self.deliver_at_once(point.name.clone(), notification.clone());
            }
        }
    }

    /// Between writing down that an alert began and putting its notices into the outbox, a process can die. A notice
    /// has the same name each time, so nobody is told twice; what others know of too, they have told.
    pub(super) async fn tell_what_was_left_untold(&self) {
        let Ok(others) = self.store.alerts(self.gone_after(), None).await else { return };
        let others: Vec<_> =
            others.iter().filter(|(instance, row)| *instance != self.instance && row.firing).collect();
        let mine = self.firing();
        let untold = mine.iter().filter(|mine| {
            !others.iter().any(|(_, row)| row.rule == mine.rule && row.labels == labels(&mine.labels))
        });
        self.tell(Status::Firing, untold.collect(), Way::Outbox).await;
    }

    /// The alerts of this instance that people have been told of, as if they began now.
    fn firing(&self) -> Vec<Transition> {
        let evaluator = self.evaluator();
        let status = evaluator.status();
        let of = |status: &alerting::RuleStatus<'_>| {
            let rule = status.rule;
            let firing =
                status.instances.iter().filter(|instance| instance.state >= alerting::State::Recovering);
            let begun = firing.map(|instance| Transition {
                rule: rule.id.to_owned(),
                name: rule.name.to_owned(),
                severity: rule.severity,
                labels: instance.labels.clone(),
                from: alerting::State::Pending,
                to: instance.state,
                at: instance.since,
                since: instance.since,
                value: instance.value,
                reason: Reason::Value,
            });
            begun.collect::<Vec<_>>()
        };
        status.iter().flat_map(of).collect()
    }

    /// Marks an incident on the dashboard: once when it opens, once more with its end.
    pub(super) async fn annotate_incident(&self, incident: &Incident, to: Option<Timestamp>) {
        let letter = Letter::Annotation {
            subject: format!("incident {}", incident.id),
            from: incident.began_at,
            to,
            tags: ["jwt-pizza", "incident", incident.cause.as_str()].map(str::to_owned).to_vec(),
            text: format!("Incident {}: {}", incident.id, incident.cause),
        };
        let moment = if to.is_some() { "closed" } else { "open" };
        self.annotate(format!("annotate:incident {}:{moment}", incident.id), letter).await;
    }

    /// Marks a chaos window on the dashboard.
    pub async fn annotate_window(&self, window: &domain::ChaosWindow) {
        let plan = &window.plan;
        let letter = Letter::Annotation {
            subject: format!("chaos window {}", window.id),
            from: plan.from,
            to: Some(plan.to),
            tags: ["jwt-pizza", "chaos", plan.kind.as_str()].map(str::to_owned).to_vec(),
            text: format!("Planned chaos ({}): {}", plan.kind, plan.reason),
        };
        self.annotate(format!("annotate:chaos window {}:{}", window.id, plan.to.as_second()), letter).await;
    }

    async fn annotate(&self, key: String, letter: Letter) {
        if self.annotations.is_none() {
            return;
        }
        let notice = NewNotice { key, contact_point: DASHBOARD.to_owned(), payload: letter.to_json() };
        match self.store.enqueue_notices(vec![notice]).await {
            Ok(0) => {}
            Ok(_) => self.post.notify_one(),
            Err(error) => failed(&error, "an annotation could not be put on its way"),
        }
    }

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

/// What is told together.
fn in_groups<'a>(transitions: &[&'a Transition]) -> BTreeMap<&'a str, Vec<&'a Transition>> {
    let mut groups: BTreeMap<&str, Vec<&Transition>> = BTreeMap::new();
    for transition in transitions {
        groups.entry(group_of(&transition.rule)).or_default().push(transition);
    }
    groups
}

impl Letter {
    fn to_json(&self) -> String {
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

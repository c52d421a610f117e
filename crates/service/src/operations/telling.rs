//! Telling people that something began or ended: what is told, to whom, and which way.

use super::{
    Operations,
    database::{failed, in_time},
    evaluation::labels,
    message::{fingerprint_of, group_of},
    outbox::Letter,
};
use alerting::{Reason, Transition};
use notifications::{DeliveryError, Notification, Status, retry_delay};
use std::{collections::BTreeMap, sync::Arc};
use store::{AlertNews, NewNotice};

/// How something is told.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// Written down first, and sent by whoever takes it.
    Outbox,
    /// At once and by every instance that notices: there is no database to write it down in.
    Direct,
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
}

/// What is told together.
fn in_groups<'a>(transitions: &[&'a Transition]) -> BTreeMap<&'a str, Vec<&'a Transition>> {
    let mut groups: BTreeMap<&str, Vec<&Transition>> = BTreeMap::new();
    for transition in transitions {
        groups.entry(group_of(&transition.rule)).or_default().push(transition);
    }
    groups
}

//! What people are told: readable on a phone, at night, by somebody who has not seen the system for a month.

use super::{
    ActLink, Operations,
    causes::{cause_of, is_consequence},
    database::in_time,
    evaluation::labels,
};
use crate::fulfilment::FailedCall;
use alerting::{Severity, Transition};
use domain::{Cause, ChaosWindow, Incident, OrderTally};
use jiff::{SignedDuration, Timestamp};
use notifications::{Alert, Links, Notification, Status};
use store::{OrderSpan, QueueStats};

/// What is known at the time of a notification.
struct Known {
    incident: Option<Incident>,
    window: Option<ChaosWindow>,
    queue: QueueStats,
    orders: Option<OrderTally>,
}

impl Operations {
    /// One notification for alerts that began, or ended, together: alerts of one group.
    pub(super) async fn notification(
        &self,
        status: Status,
        transitions: &[&Transition],
    ) -> Option<Notification> {
        let first = transitions.first()?;
        let known = in_time(self.known(first)).await.unwrap_or_else(|| self.little_known(first));
        let severity = self.severity(transitions, &known);
        let links = self.links(first, known.incident.as_ref());
        Some(Notification {
            status,
            group: group_of(&first.rule).to_owned(),
            title: title(status, first, &known),
            message: self.message(status, transitions, &known).join("\n"),
            severity,
            // Each by itself: a receiver that knows alerts by their labels would take another severity for another alert.
            alerts: transitions
                .iter()
                .map(|alert| self.alert(status, alert, self.severity(&[alert], &known), &links))
                .collect(),
            links,
        })
    }

    async fn known(&self, transition: &Transition) -> Known {
        let incident = self.incident_of(&transition.rule);
        let now = Timestamp::now();
        let from = incident.as_ref().map_or(transition.since, |incident| incident.began_at);
        let windows = self.store.chaos_windows(from, now).await.unwrap_or_default();
        let span = OrderSpan { from, to: now, at_once: self.config.orders.default_wait };
        Known {
            window: windows.into_iter().find(|window| window.holds(now) || window.holds(from)),
            queue: self.orders.queue_stats().await.unwrap_or_else(|_| self.kitchen.status().queue),
            orders: self.store.tally_orders(span).await.ok(),
            incident,
        }
    }

    /// What is known without a database.
    fn little_known(&self, transition: &Transition) -> Known {
        let incident = self.incident_of(&transition.rule);
        Known { incident, window: None, queue: self.kitchen.status().queue, orders: None }
    }

    /// Nobody is woken for what a planned window asks to sleep through, nor again for what an incident leads to that
    /// somebody was woken for.
    fn severity(&self, transitions: &[&Transition], known: &Known) -> Severity {
        let severity =
            transitions.iter().map(|transition| transition.severity).max().unwrap_or(Severity::Ticket);
        let all = |which: &dyn Fn(&str) -> bool| transitions.iter().all(|transition| which(&transition.rule));
        let planned = known.window.as_ref().is_some_and(|window| window.plan.lowers_severity)
            && all(&|rule| group_of(rule) == Cause::Factory.as_str());
        let consequence = known.incident.as_ref().is_some_and(|incident| {
            all(&|rule| cause_of(rule).is_some_and(|cause| is_consequence(cause) && cause != incident.cause))
        });
        if planned || consequence { severity.min(Severity::Ticket) } else { severity }
    }

    fn message(&self, status: Status, transitions: &[&Transition], known: &Known) -> Vec<String> {
        let mut lines: Vec<String> = match status {
            Status::Resolved => transitions.iter().map(|alert| format!("Over: {}.", alert.name)).collect(),
            _ => transitions.iter().filter_map(|alert| self.summary(&alert.rule)).collect(),
        };
        let since =
            transitions.iter().map(|transition| transition.since).min().unwrap_or_else(Timestamp::now);
        let since = known.incident.as_ref().map_or(since, |incident| incident.began_at);
        lines.push(format!("Since {} ({}).", self.clock(since), ago(since)));
        lines.push(waiting(known));
        if transitions.iter().any(|alert| group_of(&alert.rule) == Cause::Factory.as_str()) {
            lines.extend(self.factory_lines(status, known));
        }
        lines
    }

    fn factory_lines(&self, status: Status, known: &Known) -> Vec<String> {
        let spell = self.kitchen.trouble();
        let answered = spell.as_ref().map(|spell| {
            format!("The factory's last failure: {} at {}.", in_words(&spell.last), self.clock(spell.last.at))
        });
        let cause = (status != Status::Resolved)
            .then(|| format!("Likely cause: {}.", self.likely_cause(known.window.as_ref())));
        answered.into_iter().chain(cause).collect()
    }

    /// What has probably broken, at the factory.
    pub(super) fn likely_cause(&self, window: Option<&ChaosWindow>) -> String {
        if let Some(window) = window {
            let (plan, reason) = (&window.plan, &window.plan.reason);
            let reason = if reason.is_empty() { String::new() } else { format!(", {reason}") };
            return format!("planned chaos ({}{reason}) until {}", plan.kind, self.clock(plan.to));
        }
        if self.kitchen.report_link().is_some() {
            return "the factory is running a chaos test; the fix link ends it".to_owned();
        }
        let kind = self.kitchen.trouble().map(|spell| spell.last.kind);
        match kind.as_deref() {
            Some("connect") => "the factory cannot be reached (connection refused, DNS or TLS)",
            Some("timeout") => "the factory does not answer in time",
            Some("unauthorized") => "the factory does not accept our API key",
            Some("bad_jwt" | "bad_pizza") => "the factory's pizzas do not verify",
            Some("rate_limited") => "the factory says that we call too often",
            Some(_) => "the factory answers with errors",
            None => "not known; see the runbook",
        }
        .to_owned()
    }

    fn links(&self, transition: &Transition, incident: Option<&Incident>) -> Links {
        let at = |path: &str| self.public_url.join(path).ok();
        let act = |act| incident.and_then(|incident| self.act_links.link(&self.public_url, act, incident.id));
        let alerts = &self.config.alerts;
        let mut runbook = alerts.runbook_url.clone().or_else(|| at("runbook"));
        if let Some(runbook) = &mut runbook {
            runbook.set_fragment(Some(&transition.rule));
        }
        Links {
            fix: self.kitchen.report_link().and_then(|_| act(ActLink::EndChaos)),
            acknowledge: act(ActLink::Acknowledge),
            runbook,
            dashboard: alerts.dashboard_url.clone(),
            incident: incident.and_then(|incident| at(&format!("operations/incidents/{}", incident.id))),
            service: Some(self.public_url.clone()),
        }
    }

    fn alert(&self, status: Status, transition: &Transition, severity: Severity, links: &Links) -> Alert {
        let ours = [
            ("alertname", transition.name.as_str()),
            ("severity", severity.as_str()),
            ("rule", &transition.rule),
        ];
        let of_value = transition.labels.iter();
        let labels =
            ours.into_iter().chain(of_value).map(|(name, value)| (name.to_owned(), value.to_owned()));
        let summary = self.summary(&transition.rule).map(|summary| ("summary".to_owned(), summary));
        Alert {
            status,
            labels: labels.collect(),
            annotations: summary.into_iter().collect(),
            starts_at: transition.since,
            ends_at: (status == Status::Resolved).then_some(transition.at),
            value: Some(transition.value),
            fingerprint: fingerprint_of(transition),
            generator_url: links.incident.clone(),
            dashboard_url: links.dashboard.clone(),
        }
    }

    fn summary(&self, rule: &str) -> Option<String> {
        self.evaluator().rules().find(rule).map(|rule| rule.summary.to_owned())
    }

    /// The time of day, where the people are.
    pub(super) fn clock(&self, at: Timestamp) -> String {
        at.to_zoned_datetime(self.time_zone.clone()).strftime("%H:%M:%S %Z").to_string()
    }
}

/// Alerts of one cause are told together, and answered together.
pub(super) fn group_of(rule: &str) -> &str {
    if rule == "circuit-open" {
        return Cause::Factory.as_str();
    }
    match cause_of(rule) {
        Some(cause) => cause.as_str(),
        None => rule,
    }
}

pub(super) fn fingerprint_of(transition: &Transition) -> String {
    fingerprint(&transition.rule, &labels(&transition.labels))
}

/// Names an alert by its rule and its labels as they are kept.
pub(super) fn fingerprint(rule: &str, labels: &str) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("{rule}:{labels}"));
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn title(status: Status, first: &Transition, known: &Known) -> String {
    let waiting = known.queue.queued + known.queue.making;
    match status {
        Status::Resolved => format!("Resolved: {}", first.name),
        _ if waiting > 0 => format!("{}: {waiting} {} waiting", first.name, orders(waiting)),
        _ => first.name.clone(),
    }
}

/// The count, and the promise, as far as it is known to be kept.
fn waiting(known: &Known) -> String {
    let waiting = known.queue.queued + known.queue.making;
    let now = known.queue.now;
    let oldest = known
        .queue
        .oldest_queued_at
        .map(|at| now.duration_since(at))
        .map(|age| format!(", the oldest for {}", span(age)));
    let lost = match &known.orders {
        Some(OrderTally { lost: 0, .. }) => "None is lost.".to_owned(),
        Some(OrderTally { lost, .. }) => format!("{lost} ARE LOST: see the runbook."),
        None => "Whether any is lost could not be counted.".to_owned(),
    };
    match waiting {
        0 => format!("No order waits. {lost}"),
        waiting => format!("{waiting} {} waiting{}. {lost}", orders(waiting), oldest.unwrap_or_default()),
    }
}

/// A failed call, for people.
fn in_words(call: &FailedCall) -> String {
    match call.status {
        Some(status) => format!("{status} \"{}\"", call.said()),
        None => format!("{}: {}", call.kind, call.said()),
    }
}

fn orders(count: u64) -> &'static str {
    if count == 1 { "order" } else { "orders" }
}

fn ago(since: Timestamp) -> String {
    format!("{} ago", span(Timestamp::now().duration_since(since)))
}

fn span(length: SignedDuration) -> String {
    match length.as_secs().max(0) {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7_199 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

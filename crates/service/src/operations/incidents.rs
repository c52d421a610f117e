//! Incidents: opened when a rule that wakes somebody goes Pending. Alerts are written into their timelines.

use super::{
    Operations,
    causes::{cause_of, is_consequence},
    database::failed,
    evaluation::labels,
};
use alerting::{Reason, State, Transition};
use domain::{Cause, Incident, IncidentEvent, IncidentEventKind as Kind, IncidentId};
use jiff::{SignedDuration, Timestamp};
use std::{sync::PoisonError, time::Duration};
use store::IncidentOpening;

/// A failing spell that began so long before the alert is what the alert is about.
const FIRST_SIGN: SignedDuration = SignedDuration::from_mins(10);
/// Between an order and its first call, if nothing holds it up.
const A_MOMENT: Duration = Duration::from_secs(2);

impl Operations {
    /// The incidents that are open, as of the last look.
    pub fn open_incidents(&self) -> Vec<Incident> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another instance may have opened or closed one.
    pub(super) async fn look_for_open_incidents(&self) {
        let mut open = Vec::new();
        for cause in Cause::ALL {
            match self.store.incident_of(*cause).await {
                Ok(incident) => open.extend(incident),
                Err(error) => return failed(&error, "open incidents could not be looked up"),
            }
        }
        self.metrics.incidents_open(open.len() as u64);
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = open;
    }

    /// Opens what has to be opened, and writes alerts into the timelines.
    pub(super) async fn follow(&self, transitions: &[Transition]) {
        // Of what is bad, not only of what has just turned so: the database may have been away just then. What is a
        // consequence joins what is open, so it comes last.
        let mut causes: Vec<(Cause, Timestamp)> = {
            let evaluator = self.evaluator();
            evaluator.instances().filter_map(|bad| Some((cause_of(&bad.rule)?, bad.since))).collect()
        };
        causes.sort_by_key(|(cause, since)| (is_consequence(*cause), *since));
        for (cause, since) in causes {
            let open = self.open_incidents();
            let known = open.iter().any(|incident| incident.cause == cause);
            if !known && (open.is_empty() || !is_consequence(cause)) {
                self.open(cause, since).await;
            }
        }
        let mut events: Vec<_> = transitions.iter().map(|transition| self.event(transition)).collect();
        events.extend(transitions.iter().filter_map(|transition| self.metric_event(transition)));
        self.add_to_open(&events).await;
    }

    async fn open(&self, cause: Cause, since: Timestamp) {
        let began_at = self.first_sign(cause).await.filter(|at| since.duration_since(*at) <= FIRST_SIGN);
        let began_at = began_at.unwrap_or(since).min(since);
        match self.store.open_incident(IncidentOpening { cause, began_at, opened_at: since }).await {
            Ok((incident, new)) => {
                if new {
                    let (id, cause) = (incident.id.0, incident.cause.as_str());
                    tracing::warn!(
                        "type" = "alert",
                        component = "incidents",
                        incident = id,
                        cause,
                        "incident opened"
                    );
                }
                let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
                if !open.iter().any(|known| known.id == incident.id) {
                    open.push(incident);
                }
                self.metrics.incidents_open(open.len() as u64);
            }
            Err(error) => failed(&error, "an incident could not be opened"),
        }
    }

    /// The call that failed first, or when the order it was made for was placed: that order is part of the incident.
    async fn first_sign(&self, cause: Cause) -> Option<Timestamp> {
        let first = self.kitchen.trouble().filter(|_| cause == Cause::Factory)?.first;
        let order = self.orders.order(first.order).await.ok().flatten();
        let placed_at = order.map(|order| order.date).filter(|at| {
            let took = Duration::try_from(first.at.duration_since(*at)).unwrap_or_default();
            took <= self.config.factory.attempt_timeout + A_MOMENT
        });
        Some(placed_at.unwrap_or(first.at).min(first.at))
    }

    fn event(&self, transition: &Transition) -> IncidentEvent {
        let kind = match transition.to {
            State::Pending => Kind::AlertPending,
            State::Alerting => Kind::AlertAlerting,
            State::Recovering => Kind::AlertRecovering,
            State::Normal => Kind::AlertNormal,
        };
        let (name, from, to) = (&transition.name, transition.from.as_str(), transition.to.as_str());
        let (rule, at) = (&transition.rule, transition.at);
        let rule_of = self.evaluator();
        let unit = rule_of.rules().find(rule).map_or("", |rule| rule.unit.suffix());
        // Of an alert that is over, the value is the last one that was bad.
        let shown = !unit.is_empty() && matches!(transition.to, State::Pending | State::Alerting);
        let value = if shown { format!(" (value {:.1}{unit})", transition.value) } else { String::new() };
        // It says nothing of how things are.
        let paused = if transition.reason == Reason::Paused { ", because it is paused" } else { "" };
        IncidentEvent {
            at,
            key: format!(
                "alert:{rule}:{}:{}:{to}:{}",
                self.instance,
                labels(&transition.labels),
                at.as_millisecond()
            ),
            kind,
            text: format!("Alert \"{name}\": {from} → {to}{}{paused}", value.replace(".0 ", " ")),
        }
    }

    /// The open incident that an alert of this rule belongs to.
    pub(super) fn incident_of(&self, rule: &str) -> Option<Incident> {
        let cause = match rule {
            "circuit-open" => Cause::Factory,
            rule => cause_of(rule)?,
        };
        let open = self.open_incidents();
        let own = open.iter().find(|incident| incident.cause == cause);
        own.or_else(|| open.first().filter(|_| is_consequence(cause))).cloned()
    }

    /// How many of the calls succeed, at the moment an alert about them begins or ends.
    fn metric_event(&self, transition: &Transition) -> Option<IncidentEvent> {
        let began_or_ended = transition.from == State::Normal || transition.to == State::Normal;
        if cause_of(&transition.rule) != Some(Cause::Factory) || !began_or_ended {
            return None;
        }
        let at = transition.at;
        let rate = self.success_rate(at);
        let rate =
            rate.map_or("nobody asks the factory for anything".to_owned(), |rate| format!("{rate:.0} %"));
        Some(IncidentEvent {
            at,
            key: format!("metric:{}:{}", self.instance, at.as_millisecond()),
            kind: Kind::Metric,
            text: format!("{} is {rate}", transition.name),
        })
    }

    /// Writes these into the timeline of every open incident.
    pub(super) async fn add_to_open(&self, events: &[IncidentEvent]) {
        if events.is_empty() {
            return;
        }
        for incident in self.open_incidents() {
            self.add_to(incident.id, events.to_vec()).await;
        }
    }

    pub(super) async fn add_to(&self, incident: IncidentId, events: Vec<IncidentEvent>) {
        if let Err(error) = self.store.add_incident_events(incident, events).await {
            failed(&error, "a timeline could not be written");
        }
    }
}

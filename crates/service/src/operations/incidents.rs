//! Incidents: opened when a rule that wakes somebody goes Pending, closed when it is Normal and no order waits.

use super::{
    Operations,
    causes::{cause_of, is_consequence},
    evaluation::{failed, labels},
};
use alerting::{Reason, State, Transition};
use domain::{
    Acknowledgement, Cause, Incident, IncidentEvent, IncidentEventKind as Kind, IncidentId, OrderState,
};
use factory_api::ReportLink;
use factory_client::ReportLinkError;
use jiff::{SignedDuration, Timestamp};
use std::{sync::PoisonError, time::Duration};
use store::{IncidentOpening, StoreError};

/// A failing spell that began so long before the alert is what the alert is about.
const FIRST_SIGN: SignedDuration = SignedDuration::from_mins(10);
/// Between an order and its first call, if nothing holds it up.
const A_MOMENT: Duration = Duration::from_secs(2);

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
}

impl Operations {
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

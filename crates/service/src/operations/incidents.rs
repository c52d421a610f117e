//! Incidents: opened when a rule that wakes somebody goes Pending, closed when it is Normal and no order waits.

use super::{
    Operations,
    causes::{cause_of, is_consequence},
    evaluation::{failed, labels},
};
use alerting::{State, Transition};
use domain::{
    Acknowledgement, Cause, Incident, IncidentEvent, IncidentEventKind as Kind, IncidentId, OrderState,
};
use factory_api::ReportLink;
use factory_client::ReportLinkError;
use jiff::{SignedDuration, Timestamp};
use std::sync::PoisonError;
use store::{IncidentOpening, StoreError};

/// A failing spell that began so long before the alert is what the alert is about.
const FIRST_SIGN: SignedDuration = SignedDuration::from_mins(10);

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
        let turned_bad = transitions.iter().filter(|transition| transition.from == State::Normal);
        // What is a consequence joins what is open, so it comes last.
        let mut causes: Vec<(Cause, Timestamp)> =
            turned_bad.filter_map(|bad| Some((cause_of(&bad.rule)?, bad.since))).collect();
        causes.sort_by_key(|(cause, _)| is_consequence(*cause));
        for (cause, since) in causes {
            if !(is_consequence(cause) && self.has_open_incident()) {
                self.open(cause, since).await;
            }
        }
        let mut events: Vec<_> = transitions.iter().map(|transition| self.event(transition)).collect();
        events.extend(transitions.iter().filter_map(|transition| self.metric_event(transition)));
        self.add_to_open(&events).await;
    }

    async fn open(&self, cause: Cause, since: Timestamp) {
        let spell = self.kitchen.trouble().filter(|_| cause == Cause::Factory);
        let first = spell.map(|spell| spell.first.at).filter(|at| since.duration_since(*at) <= FIRST_SIGN);
        let began_at = first.unwrap_or(since).min(since);
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
        IncidentEvent {
            at,
            key: format!(
                "alert:{rule}:{}:{}:{to}:{}",
                self.instance,
                labels(&transition.labels),
                at.as_millisecond()
            ),
            kind,
            text: format!("Alert \"{name}\": {from} → {to}{}", value.replace(".0 ", " ")),
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

    fn has_open_incident(&self) -> bool {
        !self.open.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
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
        for state in [OrderState::Queued, OrderState::Making] {
            let oldest = self.orders.orders_in(state, 1, 1).await?.orders.into_iter().next();
            if oldest.is_some_and(|oldest| oldest.date <= self.last_sign_of(incident)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Orders that were placed before this belong to the incident.
    fn last_sign_of(&self, incident: &Incident) -> Timestamp {
        let recovered = self.kitchen.trouble().and_then(|spell| spell.recovered_at);
        recovered.unwrap_or(incident.opened_at).max(incident.opened_at)
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

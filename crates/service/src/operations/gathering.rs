//! What happens in the course of an incident, written down as it happens.
//!
//! Gathering is looking again and again: each fact has a name, and a timeline takes a name once. So it does not matter
//! who looks, how often, or whether a restart came between.

use super::{Operations, database::failed, tally};
use crate::{
    config::FollowReportLink,
    fulfilment::{FailedCall, Spell, Transition},
};
use domain::{CallTally, Cause, ChaosWindow, Incident, IncidentEvent, IncidentEventKind as Kind};
use jiff::{SignedDuration, Timestamp};
use resilience::{Event, Mode, OpenReason};

/// What happened so long before the first sign is told too: the circuit opens before an alert is evaluated.
const BEFORE: SignedDuration = SignedDuration::from_secs(60);

impl Operations {
    /// Writes down what is new about every open incident.
    pub(super) async fn gather(&self) {
        for incident in self.open_incidents() {
            let mut events = self.circuit_events(&incident);
            if let Some(spell) = self.spell_of(&incident) {
                events.push(self.first_failure(&spell));
                self.count(&incident, &spell).await;
            }
            events.extend(self.report_link_event(&incident).await);
            events.extend(self.window_events(&incident).await);
            self.add_to(incident.id, events).await;
            self.annotate_incident(&incident, None).await;
        }
    }

    /// Writes down how it ended.
    pub(super) async fn gather_the_end(&self, incident: &Incident, at: Timestamp) {
        let mut events = self.circuit_events(incident);
        if let Some(spell) = self.spell_of(incident) {
            self.count(incident, &spell).await;
            events.push(self.last_failure(&spell));
            events.extend(self.recovery(&spell));
        }
        let event =
            |kind, key: &str, text: &str| IncidentEvent { at, key: key.into(), kind, text: text.into() };
        events.push(event(Kind::Drained, "drained", "No order of the incident waits any more"));
        events.push(event(Kind::Closed, "closed", "The incident is closed"));
        self.add_to(incident.id, events).await;
    }

    /// The failing spell that the incident is about, as this instance has seen it.
    fn spell_of(&self, incident: &Incident) -> Option<Spell> {
        let spell = self.kitchen.trouble()?;
        (incident.cause == Cause::Factory && spell.last.at >= incident.began_at).then_some(spell)
    }

    async fn count(&self, incident: &Incident, spell: &Spell) {
        let since: CallTally = tally(&self.metrics).since(spell.before);
        // Each run of an instance for itself: what was counted before a restart stays counted.
        if let Err(error) = self.store.record_incident_tally(incident.id, &self.run, since).await {
            failed(&error, "what was counted could not be written down");
        }
    }

    fn circuit_events(&self, incident: &Incident) -> Vec<IncidentEvent> {
        let since = incident.began_at - BEFORE;
        let history = self.kitchen.circuit_history();
        let news = history.iter().filter(|transition| transition.at >= since);
        news.filter_map(|transition| self.circuit_event(transition)).collect()
    }

    fn circuit_event(&self, transition: &Transition) -> Option<IncidentEvent> {
        let (kind, text) = match &transition.event {
            Event::Opened { reason, open_for, .. } => {
                let (why, seconds) = (reason_in_words(reason), open_for.as_secs_f64());
                let text = format!(
                    "Circuit open for {seconds:.0} s: {why}. Orders are queued, the factory is left alone"
                );
                (Kind::CircuitOpened, text)
            }
            Event::HalfOpened { .. } => {
                (Kind::CircuitProbing, "Circuit half-open: the oldest order is tried".to_owned())
            }
            Event::Closed { .. } => {
                (Kind::CircuitClosed, "Circuit closed: the factory makes pizzas again".to_owned())
            }
            Event::ModeChanged { mode, .. } => {
                let text = match mode {
                    Mode::Automatic => "The circuit is automatic again",
                    Mode::ForcedOpen => "Somebody forced the circuit open",
                    Mode::ForcedClosed => "Somebody forced the circuit closed",
                };
                (Kind::CircuitForced, text.to_owned())
            }
            Event::Degraded { .. } | Event::Recovered { .. } => return None,
        };
        let at = transition.at;
        Some(IncidentEvent {
            at,
            key: format!("circuit:{}:{}", self.instance, at.as_millisecond()),
            kind,
            text,
        })
    }

    fn first_failure(&self, spell: &Spell) -> IncidentEvent {
        let text = format!("The first call to the factory failed: {}", as_code(&spell.first));
        // There is one, whatever other instances, or this one after a restart, see fail first.
        let (at, kind) = (spell.first.at, Kind::FirstFailure);
        IncidentEvent { at, key: "first-failure".to_owned(), kind, text }
    }

    fn last_failure(&self, spell: &Spell) -> IncidentEvent {
        let text = format!("The last call to the factory that failed: {}", as_code(&spell.last));
        let (at, kind) = (spell.last.at, Kind::LastFailure);
        IncidentEvent {
            at,
            key: format!("last-failure:{}:{}", self.instance, at.as_millisecond()),
            kind,
            text,
        }
    }

    fn recovery(&self, spell: &Spell) -> Option<IncidentEvent> {
        let at = spell.recovered_at?;
        let key = format!("recovery:{}:{}", self.instance, at.as_millisecond());
        let text = "The factory made a pizza again".to_owned();
        Some(IncidentEvent { at, key, kind: Kind::Recovery, text })
    }

    /// The link itself is kept beside the timeline: it may hold a key.
    async fn report_link_event(&self, incident: &Incident) -> Option<IncidentEvent> {
        let link = self.kitchen.report_link().filter(|_| incident.cause == Cause::Factory)?;
        if let Err(error) = self.store.keep_incident_link(incident.id, link.expose().as_str()).await {
            failed(&error, "the report link could not be kept");
        }
        let text =
            "The factory's answers carry a report link: it is running a chaos test, and the link ends it";
        let (at, kind) = (Timestamp::now(), Kind::ReportLink);
        Some(IncidentEvent { at, key: "report-link".to_owned(), kind, text: text.to_owned() })
    }

    async fn window_events(&self, incident: &Incident) -> Vec<IncidentEvent> {
        let windows = self.windows_of(incident, Timestamp::now()).await;
        windows.iter().map(|window| window_event(window, incident)).collect()
    }

    /// The planned chaos windows that an incident falls into.
    pub(super) async fn windows_of(&self, incident: &Incident, until: Timestamp) -> Vec<ChaosWindow> {
        let until = incident.closed_at.unwrap_or(until);
        self.store.chaos_windows(incident.began_at - BEFORE, until).await.unwrap_or_default()
    }

    /// Where nobody is to be asked, the chaos is ended as soon as people would have been told.
    pub(super) async fn end_chaos_unasked(&self) {
        if self.config.incidents.follow_report_link != FollowReportLink::Auto {
            return;
        }
        for incident in self.open_incidents().iter().filter(|incident| incident.cause == Cause::Factory) {
            if self.kitchen.report_link().is_some() {
                // What came of it is in the timeline.
                let _ = self.end_chaos(incident.id, "The service itself").await;
            }
        }
    }
}

fn window_event(window: &ChaosWindow, incident: &Incident) -> IncidentEvent {
    let plan = &window.plan;
    let reason = if plan.reason.is_empty() { String::new() } else { format!(": {}", plan.reason) };
    IncidentEvent {
        at: plan.from.max(incident.began_at),
        key: format!("window:{}", window.id),
        kind: Kind::ChaosWindow,
        text: format!("Planned chaos ({}) from {:.0} to {:.0}{reason}", plan.kind, plan.from, plan.to),
    }
}

/// A failed call for a timeline, in which what stands between backticks is shown as it is.
fn as_code(call: &FailedCall) -> String {
    let said = call.said().replace('`', "'");
    match call.status {
        Some(status) => format!("HTTP {status}, `{said}`"),
        None => format!("{}, `{said}`", call.kind),
    }
}

fn reason_in_words(reason: &OpenReason) -> String {
    match reason {
        OpenReason::ConsecutiveFailures(calls) => format!("{calls} calls failed in a row"),
        OpenReason::FailureRate { failures, calls } => format!("{failures} of {calls} calls failed"),
        OpenReason::ProbeFailed => "the probe failed".to_owned(),
    }
}

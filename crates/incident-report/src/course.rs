//! The course of an incident: the facts by time, and which moments of it matter.

use crate::{Facts, clock::Clock, text};
use alerting::{Pace, Rules, Severity};
use domain::{Cause, ChaosWindow, Incident, IncidentEvent, IncidentEventKind as Kind};
use jiff::Timestamp;

/// Facts, and what follows from them.
pub(crate) struct Course<'a> {
    pub(crate) facts: &'a Facts,
    /// By time.
    pub(crate) events: Vec<&'a IncidentEvent>,
    /// The alerts that belong to it, the one that tells most first.
    pub(crate) alerts: Vec<AlertCourse>,
    /// The chaos windows that touch it.
    pub(crate) windows: Vec<&'a ChaosWindow>,
    pub(crate) clock: Clock,
}

/// What an alert did in the course of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AlertCourse {
    /// The rule's name, ready for Markdown.
    pub(crate) name: String,
    /// Whether it wakes somebody. A rule that nobody knows any more is taken for one that does.
    pub(crate) pages: bool,
    /// When its value turned bad: the last time before it was Alerting, or at all.
    pub(crate) pending: Option<Timestamp>,
    /// When it was Alerting for the first time.
    pub(crate) alerting: Option<Timestamp>,
    /// When it was Normal again, for good.
    pub(crate) normal: Option<Timestamp>,
    /// How often it began to be Alerting after it had been Normal.
    pub(crate) times: u64,
}

/// How it is known that the factory was broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chaos {
    /// The incident began within a chaos window.
    Planned,
    /// Its answers carried a link that reports and ends it.
    Admitted,
}

impl<'a> Course<'a> {
    pub(crate) fn of(facts: &'a Facts) -> Self {
        let mut events: Vec<&IncidentEvent> = facts.events.iter().collect();
        events.sort_by_key(|event| event.at);
        let incident = &facts.incident;
        let first = events.first().map_or(incident.began_at, |event| event.at.min(incident.began_at));
        let end = incident.closed_at.unwrap_or(facts.now);
        let last = events.last().map_or(end, |event| event.at.max(end));
        let clock = Clock::new(facts.time_zone.clone(), first, last);
        let touches = |window: &&ChaosWindow| window.plan.from <= end && incident.began_at < window.plan.to;
        let windows = facts.windows.iter().filter(touches).collect();
        let alerts = alerts(&events);
        Self { facts, events, alerts, windows, clock }
    }

    pub(crate) fn incident(&self) -> &'a Incident {
        &self.facts.incident
    }

    pub(crate) fn is_of_factory(&self) -> bool {
        self.incident().cause == Cause::Factory
    }

    /// Whether the factory was broken on purpose, and that explains the incident.
    pub(crate) fn chaos(&self) -> Option<Chaos> {
        if !self.is_of_factory() {
            None
        } else if self.windows.iter().any(|window| window.holds(self.incident().began_at)) {
            Some(Chaos::Planned)
        } else {
            self.first(Kind::ReportLink).map(|_| Chaos::Admitted)
        }
    }

    /// When it was over, or now.
    pub(crate) fn end(&self) -> Timestamp {
        self.incident().closed_at.unwrap_or(self.facts.now)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.incident().closed_at.is_some()
    }

    pub(crate) fn all(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &'a IncidentEvent> {
        self.events.iter().copied().filter(move |event| event.kind == kind)
    }

    pub(crate) fn first(&self, kind: Kind) -> Option<&'a IncidentEvent> {
        self.all(kind).next()
    }

    pub(crate) fn last(&self, kind: Kind) -> Option<&'a IncidentEvent> {
        self.all(kind).next_back()
    }

    /// The first failed call, and `true`; if there was none, the first sign of whatever kind.
    pub(crate) fn first_sign(&self) -> (Timestamp, bool) {
        match self.first(Kind::FirstFailure).filter(|_| self.is_of_factory()) {
            Some(event) => (event.at, true),
            None => (self.incident().began_at, false),
        }
    }

    /// The alert that tells most.
    pub(crate) fn alert(&self) -> Option<&AlertCourse> {
        self.alerts.first()
    }

    /// Whether an alert that wakes somebody got as far as that.
    pub(crate) fn paged(&self) -> bool {
        self.alert().is_some_and(|alert| alert.pages && alert.alerting.is_some())
    }

    /// When somebody was told of the alert that tells most. If nobody was, then of any.
    pub(crate) fn told(&self) -> Option<Timestamp> {
        let alerting = self.alert().and_then(|alert| alert.alerting);
        let of_alert = self.all(Kind::Notified).find(|event| alerting.is_some_and(|at| at <= event.at));
        of_alert.or_else(|| self.first(Kind::Notified)).map(|event| event.at)
    }

    /// A time, as the report shows it.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        self.clock.time(at)
    }
}

fn alerts(events: &[&IncidentEvent]) -> Vec<AlertCourse> {
    let known = Rules::all(Pace::REAL);
    let mut ids: Vec<&str> = Vec::new();
    for id in events.iter().filter_map(|event| event.rule()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut alerts: Vec<AlertCourse> = ids.into_iter().map(|id| alert(events, id, &known)).collect();
    alerts.sort_by_key(|alert| (!alert.pages, alert.alerting.is_none(), alert.alerting.or(alert.pending)));
    alerts
}

fn alert(events: &[&IncidentEvent], id: &str, known: &Rules) -> AlertCourse {
    let (name, pages) = match known.find(id) {
        Some(rule) => (format!("\"{}\"", rule.name), rule.severity == Severity::Page),
        None => (text::code(id), true),
    };
    let mut alert = AlertCourse { name, pages, pending: None, alerting: None, normal: None, times: 0 };
    let mut firing = false;
    for event in events.iter().filter(|event| event.rule() == Some(id)) {
        match event.kind {
            Kind::AlertPending if alert.alerting.is_none() => alert.pending = Some(event.at),
            Kind::AlertAlerting => {
                alert.alerting = alert.alerting.or(Some(event.at));
                alert.times += u64::from(!firing);
                firing = true;
            }
            Kind::AlertNormal => firing = false,
            _ => {}
        }
        alert.normal = (event.kind == Kind::AlertNormal).then_some(event.at);
    }
    alert
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn event(second: i64, rule: &str, kind: Kind) -> IncidentEvent {
        let at = Timestamp::from_second(second).unwrap();
        IncidentEvent { at, key: format!("alert:{rule}:{second}"), kind, text: String::new() }
    }

    fn second(at: Option<Timestamp>) -> Option<i64> {
        at.map(Timestamp::as_second)
    }

    fn courses(events: &[IncidentEvent]) -> Vec<AlertCourse> {
        alerts(&events.iter().collect::<Vec<_>>())
    }

    #[test]
    fn what_pages_tells_more_than_what_came_first() {
        let found = courses(&[
            event(1, "circuit-open", Kind::AlertAlerting),
            event(2, "order-queue-old", Kind::AlertPending),
            event(3, "factory-success-rate", Kind::AlertAlerting),
        ]);
        let names: Vec<&str> = found.iter().map(|alert| alert.name.as_str()).collect();
        assert_eq!(names, ["\"Pizza Factory Success Rate %\"", "\"Order queue old\"", "\"Circuit open\""]);
    }

    #[test]
    fn an_alert_that_recovers_or_that_two_instances_have_begins_once() {
        use Kind::{AlertAlerting, AlertNormal, AlertPending, AlertRecovering};
        let kinds = [
            AlertPending,
            AlertNormal,
            AlertPending,
            AlertAlerting,
            AlertAlerting,
            AlertRecovering,
            AlertAlerting,
            AlertNormal,
            AlertPending,
            AlertAlerting,
            AlertNormal,
        ];
        let events: Vec<IncidentEvent> =
            (1..).zip(kinds).map(|(second, kind)| event(second, "worker-stuck", kind)).collect();
        let found = courses(&events).remove(0);
        assert_eq!((second(found.pending), second(found.alerting)), (Some(3), Some(4)));
        assert_eq!((second(found.normal), found.times), (Some(11), 2));
        let unfinished = courses(&events[..10]).remove(0);
        assert_eq!(unfinished.normal, None, "it was Normal in between, and is not now");
    }

    #[test]
    fn a_rule_that_nobody_knows_is_shown_by_its_id() {
        let found = courses(&[event(1, "gone", Kind::AlertPending)]).remove(0);
        assert_eq!((found.name.as_str(), found.pages), ("`gone`", true));
    }
}

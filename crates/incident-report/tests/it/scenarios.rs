//! Incidents to write reports about.

use domain::{
    Acknowledgement, CallTally, Cause, ChaosWindow, ChaosWindowId, Incident, IncidentEvent,
    IncidentEventKind as Kind, IncidentId, NewChaosWindow, OrderTally,
};
use incident_report::Facts;
use jiff::{Timestamp, tz::TimeZone};

/// A time of 2 December 2025 in Utah.
pub fn at(clock: &str) -> Timestamp {
    format!("2025-12-02T{clock}-07:00").parse().unwrap()
}

pub fn event(clock: &str, key: &str, kind: Kind, text: &str) -> IncidentEvent {
    IncidentEvent { at: at(clock), key: key.to_owned(), kind, text: text.to_owned() }
}

pub fn alert(clock: &str, rule: &str, kind: Kind, text: &str) -> IncidentEvent {
    event(clock, &format!("alert:{rule}:one:{clock}"), kind, text)
}

pub fn window(from: &str, to: &str, reason: &str) -> ChaosWindow {
    let (from, to, kind, reason) = (at(from), at(to), "fail".to_owned(), reason.to_owned());
    let plan = NewChaosWindow { from, to, kind, reason, lowers_severity: false, planned_by: None };
    ChaosWindow { id: ChaosWindowId(3), plan }
}

fn facts(cause: Cause, began: &str, opened: &str, closed: Option<&str>, now: &str) -> Facts {
    let incident = Incident {
        id: IncidentId(7),
        cause,
        began_at: at(began),
        opened_at: at(opened),
        acknowledged: None,
        closed_at: closed.map(at),
    };
    Facts {
        incident,
        events: Vec::new(),
        calls: CallTally::default(),
        orders: OrderTally::default(),
        windows: Vec::new(),
        factory: "pizza-factory.cs329.click".to_owned(),
        time_zone: TimeZone::get("America/Denver").expect("time zones: install the package tzdata"),
        now: at(now),
        at_once_seconds: 20,
    }
}

const FAILED: &str = r#"HTTP 500, `{"message":"chaos monkey","reportUrl":"https://pizza-factory.cs329.click/api/report?apiKey=[redacted]"}`"#;
const SUCCESS_RATE: &str = "factory-success-rate";

/// The outage that this project began with.
pub fn second_of_december() -> Facts {
    let mut facts = facts(Cause::Factory, "10:10:04", "10:10:30", Some("10:22:41"), "11:00:00");
    facts.incident.acknowledged = Some(Acknowledgement { by: "Ada Ops".to_owned(), at: at("10:12:00") });
    facts.calls =
        CallTally { success: 47, failure: 21, short_circuited: 188, accepted: 46, ..CallTally::default() };
    facts.orders = OrderTally {
        placed: 46,
        fulfilled_at_once: 5,
        fulfilled_later: 41,
        longest_seconds: 742,
        ..OrderTally::default()
    };
    facts.events = vec![
        event(
            "10:10:04",
            "first",
            Kind::FirstFailure,
            &format!("The first call to the factory failed: {FAILED}."),
        ),
        event("10:10:04", "link", Kind::ReportLink, "The factory's answers carry a report link."),
        event(
            "10:10:07",
            "c1",
            Kind::CircuitOpened,
            "The circuit opened after 5 failures in a row: calls stop, orders are queued.",
        ),
        event("10:10:30", "m1", Kind::Metric, "\"Pizza Factory Success Rate %\" fell from 100 % to 0 %."),
        alert(
            "10:10:30",
            SUCCESS_RATE,
            Kind::AlertPending,
            "Alert \"Pizza Factory Success Rate %\" changed from Normal to Pending.",
        ),
        alert(
            "10:10:30",
            "circuit-open",
            Kind::AlertPending,
            "Alert \"Circuit open\" changed from Normal to Pending.",
        ),
        alert(
            "10:11:00",
            "circuit-open",
            Kind::AlertAlerting,
            "Alert \"Circuit open\" changed from Pending to Alerting.",
        ),
        alert(
            "10:11:30",
            SUCCESS_RATE,
            Kind::AlertAlerting,
            "Alert \"Pizza Factory Success Rate %\" changed from Pending to Alerting.",
        ),
        event("10:11:31", "n1", Kind::Notified, "On-call was told through the webhook `on-call`."),
        event("10:11:32", "n2", Kind::Notified, "#kitchen was told through Slack."),
        event(
            "10:12:00",
            "ack",
            Kind::Acknowledgement,
            "Ada Ops took it on, by the link in the notification.",
        ),
        event(
            "10:21:58",
            "last",
            Kind::LastFailure,
            &format!("The last call to the factory that failed: {FAILED}."),
        ),
        event("10:22:05", "recovery", Kind::Recovery, "The factory made a pizza again."),
        event("10:22:07", "c9", Kind::CircuitClosed, "The circuit closed: calls go on."),
        event("10:22:21", "drained", Kind::Drained, "No order waits any more."),
        event("10:22:30", "m2", Kind::Metric, "\"Pizza Factory Success Rate %\" rose to 100 %."),
        alert(
            "10:22:30",
            "circuit-open",
            Kind::AlertNormal,
            "Alert \"Circuit open\" changed from Alerting to Normal.",
        ),
        alert(
            "10:22:30",
            SUCCESS_RATE,
            Kind::AlertNormal,
            "Alert \"Pizza Factory Success Rate %\" changed from Alerting to Normal.",
        ),
        event(
            "10:22:41",
            "closed",
            Kind::Closed,
            "The incident closed: the alert is Normal and no order waits.",
        ),
    ];
    let probes =
        ["10:10:12", "10:10:22", "10:10:42", "10:11:22", "10:12:22", "10:13:22", "10:14:22", "10:15:22"];
    let later = ["10:16:22", "10:17:22", "10:18:22", "10:19:22", "10:20:22", "10:21:22", "10:21:58"];
    for clock in probes.iter().chain(&later) {
        facts.events.push(event(clock, clock, Kind::CircuitProbing, "The circuit lets a probe through."));
        facts.events.push(event(
            clock,
            clock,
            Kind::CircuitOpened,
            "The probe failed: the circuit opened again.",
        ));
    }
    facts.events.push(event("10:22:04", "p", Kind::CircuitProbing, "The circuit lets a probe through."));
    facts
}

/// It goes on, and the notification reached nobody.
pub fn ongoing_and_nobody_told() -> Facts {
    let mut facts = facts(Cause::Factory, "10:10:04", "10:10:30", None, "10:16:40");
    facts.calls = CallTally { connect_error: 12, timeout: 3, short_circuited: 90, ..CallTally::default() };
    facts.orders = OrderTally { placed: 30, waiting: 29, cancelled: 1, ..OrderTally::default() };
    facts.events = vec![
        event(
            "10:10:04",
            "first",
            Kind::FirstFailure,
            "The first call to the factory failed: connection refused.",
        ),
        alert(
            "10:10:30",
            SUCCESS_RATE,
            Kind::AlertPending,
            "Alert \"Pizza Factory Success Rate %\" changed from Normal to Pending.",
        ),
        alert(
            "10:11:30",
            SUCCESS_RATE,
            Kind::AlertAlerting,
            "Alert \"Pizza Factory Success Rate %\" changed from Pending to Alerting.",
        ),
        event(
            "10:11:31",
            "n1",
            Kind::NotNotified,
            "On-call could not be told through the webhook `on-call`: HTTP 403.",
        ),
        event(
            "10:16:20",
            "last",
            Kind::LastFailure,
            "The last call to the factory that failed: connection refused.",
        ),
    ];
    facts
}

/// The factory is well, and our own worker is not.
pub fn worker() -> Facts {
    let mut facts = facts(Cause::Worker, "23:50:00", "23:52:00", None, "23:52:00");
    facts.incident.closed_at = Some("2025-12-03T00:11:00-07:00".parse().unwrap());
    facts.incident.acknowledged =
        Some(Acknowledgement { by: "Bob".to_owned(), at: "2025-12-03T00:08:12-07:00".parse().unwrap() });
    facts.calls = CallTally { success: 12, ..CallTally::default() };
    facts.orders = OrderTally {
        placed: 12,
        fulfilled_later: 10,
        quarantined: 2,
        longest_seconds: 1_230,
        ..OrderTally::default()
    };
    let rule = "worker-stuck";
    facts.events = vec![
        alert("23:52:00", rule, Kind::AlertPending, "Alert \"Worker stuck\" changed from Normal to Pending."),
        alert(
            "23:54:00",
            rule,
            Kind::AlertAlerting,
            "Alert \"Worker stuck\" changed from Pending to Alerting.",
        ),
        event("23:54:01", "n1", Kind::Notified, "On-call was told through e-mail."),
        IncidentEvent {
            at: "2025-12-03T00:09:00-07:00".parse().unwrap(),
            ..event("23:54:01", "act", Kind::Act, "Bob resumed the queue, which was paused.")
        },
        IncidentEvent {
            at: "2025-12-03T00:10:30-07:00".parse().unwrap(),
            ..alert(
                "23:54:01",
                rule,
                Kind::AlertNormal,
                "Alert \"Worker stuck\" changed from Alerting to Normal.",
            )
        },
        IncidentEvent {
            at: "2025-12-03T00:11:00-07:00".parse().unwrap(),
            ..event("23:54:01", "drained", Kind::Drained, "No order waits any more.")
        },
    ];
    facts
}

/// What must never happen.
pub fn lost_orders() -> Facts {
    let mut facts = second_of_december();
    facts.orders = OrderTally {
        placed: 46,
        fulfilled_at_once: 5,
        fulfilled_later: 36,
        quarantined: 2,
        lost: 2,
        rejected: 1,
        longest_seconds: 742,
        ..OrderTally::default()
    };
    facts.calls = CallTally { bad_jwt: 4, errors: 3, ..facts.calls };
    facts.windows = vec![window("10:10:00", "10:22:00", "the weekly drill")];
    facts.events.push(event("10:15:00", "act", Kind::Act, "Ada Ops followed the factory's report link."));
    facts
}

/// Over before its alert had been bad for long enough.
pub fn never_paged() -> Facts {
    let mut facts = facts(Cause::Factory, "10:10:04", "10:10:30", Some("10:11:00"), "11:00:00");
    facts.calls = CallTally { success: 9, timeout: 2, failure: 1, ..CallTally::default() };
    facts.orders = OrderTally {
        placed: 9,
        fulfilled_at_once: 8,
        fulfilled_later: 1,
        longest_seconds: 31,
        ..OrderTally::default()
    };
    facts.events = vec![
        event(
            "10:10:04",
            "first",
            Kind::FirstFailure,
            "The first call to the factory failed: no answer in 40 s.",
        ),
        alert(
            "10:10:30",
            SUCCESS_RATE,
            Kind::AlertPending,
            "Alert \"Pizza Factory Success Rate %\" changed from Normal to Pending.",
        ),
        event("10:10:40", "recovery", Kind::Recovery, "The factory made a pizza again."),
        alert(
            "10:11:00",
            SUCCESS_RATE,
            Kind::AlertNormal,
            "Alert \"Pizza Factory Success Rate %\" changed from Pending to Normal.",
        ),
    ];
    facts
}

/// The same outage with `text` wherever somebody else's words go.
pub fn with_everything_said_by(text: &str) -> Facts {
    let mut facts = lost_orders();
    for event in &mut facts.events {
        event.text = text.to_owned();
    }
    facts.events.push(event("10:11:40", "n3", Kind::NotNotified, text));
    facts.events.push(event("10:11:50", "forced", Kind::CircuitForced, text));
    let rule = text.replace(':', "");
    facts.events.push(alert("10:11:55", &rule, Kind::AlertPending, text));
    facts.incident.acknowledged = Some(Acknowledgement { by: text.to_owned(), at: at("10:12:00") });
    facts.windows[0].plan.kind = text.to_owned();
    facts.windows[0].plan.reason = text.to_owned();
    facts.factory = text.to_owned();
    facts
}

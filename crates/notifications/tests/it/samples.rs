//! The outage of the incident report, as notifications.

use notifications::{Alert, ContactPoint, Links, Notification, Notifier, Severity, Status};
use std::collections::BTreeMap;
use url::Url;

fn texts<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn address(path: &str) -> Option<Url> {
    Some(format!("https://pizza.example{path}").parse().unwrap())
}

fn alert(name: &str, value: f64) -> Alert {
    Alert {
        status: Status::Firing,
        labels: texts([("alertname", name), ("service", "jwt-pizza-service"), ("severity", "page")]),
        annotations: texts([("summary", "The factory makes no pizzas.")]),
        starts_at: "2025-12-02T10:11:30Z".parse().unwrap(),
        ends_at: None,
        value: Some(value),
        fingerprint: format!("fp-{}", name.len()),
        generator_url: address("/operations/alerts"),
        dashboard_url: None,
    }
}

/// What goes out at 10:11:30.
pub fn firing() -> Notification {
    Notification {
        status: Status::Firing,
        group: "factory".to_owned(),
        title: "Factory down: 7 orders are waiting, none is lost".to_owned(),
        message: "Since 10:10:30 every call fails.\nLast answer: 500 <chaos monkey> & more\nLikely cause: planned chaos"
            .to_owned(),
        severity: Severity::Page,
        alerts: vec![alert("Pizza Factory Success Rate %", 0.0), alert("Circuit open", 1.0)],
        links: Links {
            fix: address("/fix/capability-of-fixing?a=1&b=2"),
            acknowledge: address("/ack/capability-of-acknowledging"),
            runbook: address("/runbook#factory-success-rate"),
            dashboard: address("/dashboard"),
            incident: address("/incidents/1"),
            service: address("/"),
        },
    }
}

/// What goes out at 10:22:30.
pub fn resolved() -> Notification {
    let mut over = firing();
    over.status = Status::Resolved;
    over.title = "Factory is back: 7 orders made, none lost".to_owned();
    over.message = "Down for 12 minutes.".to_owned();
    over.links.fix = None;
    over.links.acknowledge = None;
    for alert in &mut over.alerts {
        alert.status = Status::Resolved;
        alert.ends_at = Some("2025-12-02T10:22:30Z".parse().unwrap());
        alert.value = None;
    }
    over
}

/// A notifier with one contact point, `name` excepted given as TOML.
pub fn notifier(toml: &str) -> Notifier {
    Notifier::new(vec![point(toml)]).unwrap()
}

/// A contact point called `phone`.
pub fn point(toml: &str) -> ContactPoint {
    toml::from_str(&format!("name = 'phone'\n{toml}")).unwrap()
}

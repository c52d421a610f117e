//! Who watches from outside all the while: what both engines say, the kitchen's circuit, and the calls.

use crate::{
    alertmanager::Alertmanager,
    engines::{RULE, SUCCESS_RATE},
    people::{Admin, client},
    prometheus::Prometheus,
};
use jiff::Timestamp;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// One look.
#[derive(Clone, Debug)]
pub struct Look {
    /// When it began, and when it was over.
    pub from: Timestamp,
    pub to: Timestamp,
    /// The success-rate alert: Normal, Pending, Alerting or Recovering.
    pub service: String,
    /// The same as Prometheus sees it: Normal, pending or firing.
    pub prometheus: String,
    /// What Alertmanager takes for firing.
    pub alertmanager: Vec<Labels>,
    pub counts: Counts,
}

/// The labels of an alert that Alertmanager knows apart. Prometheus has no `rule`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labels {
    pub name: String,
    pub rule: Option<String>,
    pub severity: String,
}

/// What `/metrics` says of the factory.
#[derive(Clone, Debug)]
pub struct Counts {
    /// closed, open or half_open.
    pub circuit: String,
    /// Calls to the factory that have ended, by outcome.
    pub calls: BTreeMap<String, u64>,
    /// Orders that were refused a call.
    pub short_circuited: u64,
}

/// Watches until told to stop; the last look is after that.
pub async fn watch(
    metrics: String,
    admin: Admin,
    prometheus: Arc<Prometheus>,
    alertmanager: Arc<Alertmanager>,
    stop: CancellationToken,
) -> Vec<Look> {
    let mut looks = Vec::new();
    loop {
        let last = stop.is_cancelled();
        looks.push(look(&metrics, &admin, &prometheus, &alertmanager).await);
        if last {
            return looks;
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn look(metrics: &str, admin: &Admin, prometheus: &Prometheus, alertmanager: &Alertmanager) -> Look {
    let from = Timestamp::now();
    let (alerts, states, alertmanager, counts) = tokio::join!(
        admin.get("/api/admin/alerts"),
        prometheus.states(SUCCESS_RATE),
        alertmanager.firing(),
        Counts::at(metrics)
    );
    let rule = alerts["alerts"].as_array().unwrap().iter().find(|alert| alert["name"] == RULE).unwrap();
    Look {
        from,
        to: Timestamp::now(),
        service: rule["state"].as_str().unwrap().to_owned(),
        prometheus: states.first().cloned().unwrap_or_else(|| "Normal".to_owned()),
        alertmanager: alertmanager.iter().map(Labels::of).collect(),
        counts,
    }
}

impl Labels {
    fn of(labels: &Value) -> Self {
        let word = |name: &str| labels[name].as_str().map(str::to_owned);
        Self { name: word("alertname").unwrap(), rule: word("rule"), severity: word("severity").unwrap() }
    }
}

impl Counts {
    /// As they are now.
    pub async fn at(metrics: &str) -> Self {
        let text = client().get(metrics).send().await.unwrap().text().await.unwrap();
        let circuit = text
            .lines()
            .find_map(|line| line.strip_prefix("pizza_circuit_state{state=\"")?.strip_suffix("\"} 1"))
            .unwrap();
        let calls = text.lines().filter_map(|line| {
            let (labels, value) = line.strip_prefix("pizza_factory_requests_total{")?.split_once("} ")?;
            let outcome = labels.split("outcome=\"").nth(1)?.split('"').next()?;
            Some((outcome.to_owned(), value.parse().unwrap()))
        });
        let short_circuited = text
            .lines()
            .find_map(|line| line.strip_prefix("pizza_factory_short_circuited_total")?.split(' ').nth(1));
        Self {
            circuit: circuit.to_owned(),
            calls: calls.collect(),
            short_circuited: short_circuited.unwrap().parse().unwrap(),
        }
    }

    /// Calls of every outcome.
    pub fn all_calls(&self) -> u64 {
        self.calls.values().sum()
    }
}

//! The way of the success-rate alert through its states, as each engine tells it.

use crate::{
    clock::{EVALUATION, SCRAPE, after, apart},
    people::Admin,
    prometheus::Prometheus,
};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// The rule's name, and its id.
pub const SUCCESS_RATE: &str = "Pizza Factory Success Rate %";
pub const RULE: &str = "factory-success-rate";

/// One may see a change at its next evaluation only, and what the other one has seen already after its next scrape only,
/// which takes a while on a machine that is busy.
pub const AGREED: Duration = EVALUATION.saturating_add(SCRAPE).saturating_add(Duration::from_millis(250));

/// Normal → Pending → Alerting → (Recovering) → Normal, once.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub pending: Timestamp,
    pub alerting: Timestamp,
    /// Prometheus calls it firing still.
    pub recovering: Option<Timestamp>,
    pub normal: Timestamp,
}

impl Way {
    /// Out of the history that the service keeps.
    pub async fn of_service(admin: &Admin) -> Self {
        let alerts = admin.get("/api/admin/alerts").await;
        let mut changes: Vec<(Timestamp, String)> = alerts["history"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|change| change["name"] == RULE)
            .map(read)
            .collect();
        changes.sort();
        let ways: Vec<&str> = changes.iter().map(|(_, change)| change.as_str()).collect();
        let expected =
            ["Normal → Pending", "Pending → Alerting", "Alerting → Recovering", "Recovering → Normal"];
        assert_eq!(ways, expected, "of the service's own evaluator");
        let at = |place: usize| changes[place].0;
        Self { pending: at(0), alerting: at(1), recovering: Some(at(2)), normal: at(3) }
    }

    /// Out of the time series that Prometheus keeps of its alerts: a sample for each evaluation at which an alert was
    /// not Normal.
    pub async fn of_prometheus(prometheus: &Prometheus) -> Self {
        let pending = prometheus.evaluations(SUCCESS_RATE, "pending").await;
        let firing = prometheus.evaluations(SUCCESS_RATE, "firing").await;
        let (Some(first), Some(alerting), Some(last)) = (pending.first(), firing.first(), firing.last())
        else {
            panic!("Prometheus: pending {pending:?}, firing {firing:?}");
        };
        assert!(pending.last() < firing.first(), "pending again after it fired: {pending:?} {firing:?}");
        for (what, samples) in [("pending", &pending), ("firing", &firing)] {
            let gap = samples.windows(2).find(|pair| apart(pair[0], pair[1]) > EVALUATION * 3 / 2);
            assert_eq!(gap, None, "Prometheus: not {what} in between");
        }
        Self { pending: *first, alerting: *alerting, recovering: None, normal: after(*last, EVALUATION) }
    }

    /// How far apart the engines were, at each change that both of them know.
    pub fn differences(&self, other: &Self) -> [(&'static str, Duration); 3] {
        [
            ("Pending", apart(self.pending, other.pending)),
            ("Alerting", apart(self.alerting, other.alerting)),
            ("Normal", apart(self.normal, other.normal)),
        ]
    }
}

fn read(change: &Value) -> (Timestamp, String) {
    let word = |member: &str| change[member].as_str().unwrap();
    (word("at").parse().unwrap(), format!("{} → {}", word("from"), word("to")))
}

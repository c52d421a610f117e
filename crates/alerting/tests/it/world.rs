//! A pizza service that is only its metrics.

use alerting::{JOB, Labels, Snapshot};
use std::collections::BTreeMap;

const BUCKETS: [(&str, f64); 12] = [
    ("0.005", 0.005),
    ("0.01", 0.01),
    ("0.025", 0.025),
    ("0.05", 0.05),
    ("0.1", 0.1),
    ("0.25", 0.25),
    ("0.5", 0.5),
    ("1", 1.0),
    ("2.5", 2.5),
    ("5", 5.0),
    ("10", 10.0),
    ("+Inf", f64::INFINITY),
];

/// One or more instances of the service, and what a scrape of them would show.
pub struct World {
    series: BTreeMap<(String, Labels), f64>,
    instance: &'static str,
    reachable: bool,
    /// Whether scrapes are skipped, without a trace.
    pub unseen: bool,
}

impl World {
    /// An instance that has just started.
    pub fn new() -> Self {
        let mut world = Self { series: BTreeMap::new(), instance: "a:9000", reachable: true, unseen: false };
        world.start();
        world
    }

    /// From now on it is this instance to which things happen.
    pub fn at(&mut self, instance: &'static str) -> &mut Self {
        self.instance = instance;
        self
    }

    /// The instance starts, or starts again: its counters are zero.
    pub fn start(&mut self) {
        for outcome in ["success", "failure", "timeout", "connect_error", "bad_jwt", "rejected"] {
            self.set("pizza_factory_requests_total", &[("outcome", outcome)], 0.0);
        }
        for outcome in ["fulfilled", "queued", "rejected", "refused", "cancelled"] {
            self.set("pizza_orders_total", &[("outcome", outcome)], 0.0);
        }
        for class in ["2xx", "4xx", "5xx"] {
            self.set("pizza_order_requests_total", &[("class", class)], 0.0);
        }
        for result in ["met", "missed"] {
            self.set("pizza_order_fulfil_slo_total", &[("result", result)], 0.0);
        }
        for outcome in ["success", "failure", "throttled"] {
            self.set("pizza_auth_logins_total", &[("outcome", outcome)], 0.0);
        }
        for state in ["queued", "making", "quarantined"] {
            self.set("pizza_queue_depth", &[("state", state)], 0.0);
        }
        self.set("pizza_queue_oldest_age_seconds", &[("state", "queued")], 0.0);
        self.set("pizza_factory_short_circuited_total", &[], 0.0);
        self.set("pizza_queue_dispatches_total", &[], 0.0);
        self.circuit("closed");
        let http = |metric: &str| metric.starts_with("http_");
        let instance = self.instance;
        self.series.retain(|(metric, labels), _| !http(metric) || labels.get("instance") != instance);
    }

    /// The instance is gone, and nobody expects it back.
    pub fn vanish(&mut self) {
        let instance = self.instance;
        self.series.retain(|(_, labels), _| labels.get("instance") != instance);
    }

    /// Whether scrapes get an answer.
    pub fn reachable(&mut self, reachable: bool) {
        self.reachable = reachable;
    }

    pub fn circuit(&mut self, state: &str) {
        for other in ["closed", "open", "half_open", "forced_open", "forced_closed"] {
            self.set("pizza_circuit_state", &[("state", other)], if other == state { 1.0 } else { 0.0 });
        }
    }

    pub fn factory_call(&mut self, outcome: &str) {
        self.add("pizza_factory_requests_total", &[("outcome", outcome)], 1.0);
    }

    /// An order is made while its diner waits.
    pub fn order_made(&mut self) {
        self.factory_call("success");
        self.order("fulfilled");
        self.order_request("2xx");
        self.answer("/api/order", 0.08);
    }

    /// An order is queued without a call.
    pub fn order_short_circuited(&mut self) {
        self.add("pizza_factory_short_circuited_total", &[], 1.0);
        self.order("queued");
        self.order_request("2xx");
        self.answer("/api/order", 0.02);
    }

    /// A queued order is taken from the queue and made.
    pub fn order_drained(&mut self) {
        self.dispatched(1.0);
        self.factory_call("success");
        self.order("fulfilled");
    }

    pub fn order(&mut self, outcome: &str) {
        self.add("pizza_orders_total", &[("outcome", outcome)], 1.0);
    }

    pub fn order_request(&mut self, class: &str) {
        self.add("pizza_order_requests_total", &[("class", class)], 1.0);
    }

    pub fn slo(&mut self, result: &str) {
        self.add("pizza_order_fulfil_slo_total", &[("result", result)], 1.0);
    }

    pub fn dispatched(&mut self, orders: f64) {
        self.add("pizza_queue_dispatches_total", &[], orders);
    }

    pub fn login(&mut self, outcome: &str) {
        self.add("pizza_auth_logins_total", &[("outcome", outcome)], 1.0);
    }

    pub fn queue(&mut self, depth: u64, oldest_age: u64) {
        self.set("pizza_queue_depth", &[("state", "queued")], depth as f64);
        self.set("pizza_queue_oldest_age_seconds", &[("state", "queued")], oldest_age as f64);
    }

    pub fn quarantined(&mut self, orders: u64) {
        self.set("pizza_queue_depth", &[("state", "quarantined")], orders as f64);
    }

    pub fn heartbeat(&mut self, now: u64) {
        self.set("pizza_worker_heartbeat_timestamp_seconds", &[], now as f64);
    }

    /// A request to a route was answered in so many seconds.
    pub fn answer(&mut self, route: &str, seconds: f64) {
        for (bound, limit) in BUCKETS {
            let more = if seconds <= limit { 1.0 } else { 0.0 };
            let labels = [("http_route", route), ("http_request_method", "GET"), ("le", bound)];
            self.add("http_server_request_duration_seconds_bucket", &labels, more);
        }
        let labels = [("http_route", route), ("http_request_method", "GET")];
        self.add("http_server_request_duration_seconds_count", &labels, 1.0);
    }

    /// What a scrape shows now; nothing, if there is none.
    pub fn scrape(&self) -> Option<Snapshot> {
        if self.unseen {
            return None;
        }
        let mut snapshot = Snapshot::new();
        let mut instances: Vec<&str> = Vec::new();
        for ((metric, labels), value) in &self.series {
            if !instances.contains(&labels.get("instance")) {
                instances.push(labels.get("instance"));
            }
            if self.reachable {
                snapshot.add(metric, labels.clone(), *value);
            }
        }
        for instance in instances {
            let labels = Labels::from([("instance", instance), ("job", JOB)]);
            snapshot.add("up", labels, f64::from(u8::from(self.reachable)));
        }
        Some(snapshot)
    }

    pub fn set(&mut self, metric: &str, labels: &[(&str, &str)], value: f64) {
        let key = (metric.to_owned(), self.labels(labels));
        self.series.insert(key, value);
    }

    pub fn add(&mut self, metric: &str, labels: &[(&str, &str)], more: f64) {
        let key = (metric.to_owned(), self.labels(labels));
        *self.series.entry(key).or_default() += more;
    }

    fn labels(&self, labels: &[(&str, &str)]) -> Labels {
        let target = Labels::from([("instance", self.instance), ("job", JOB)]);
        labels.iter().fold(target, |all, (name, value)| all.with(name, value))
    }
}

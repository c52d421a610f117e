//! What happened, as whoever saw it says it.

use super::{
    Metrics,
    instruments::{
        ALERT_STATES, CIRCUIT_STATES, FACTORY_OUTCOMES, LOGIN_OUTCOMES, NOTIFICATION_RESULTS, ORDER_OUTCOMES,
        QUEUE_STATES, SETTLEMENTS, SLO_RESULTS, STATUS_CLASSES, SYNTHETIC_RESULTS,
    },
};
use opentelemetry::{KeyValue, metrics::Counter};
use std::{slice, time::Duration};

impl Metrics {
    /// A request begins.
    pub fn request_begun(&self) {
        self.instruments.server_active.add(1, &[]);
    }

    /// A request was answered. `route` is the template, never the raw path.
    pub fn request_answered(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        self.instruments.server_active.add(-1, &[]);
        let [method, route, status_code] = [
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.route", route.to_owned()),
            KeyValue::new("http.response.status_code", i64::from(status)),
        ];
        let duration = &self.instruments.server_duration;
        if status >= 500 {
            let error = KeyValue::new("error.type", status.to_string());
            duration.record(took.as_secs_f64(), &[method, route, status_code, error]);
        } else {
            duration.record(took.as_secs_f64(), &[method, route, status_code]);
        }
    }

    /// `POST /api/order` was answered with this status. One whose client left before (499) is not counted.
    pub fn order_request(&self, status: u16) {
        let class = match status {
            200..=299 => "2xx",
            499 => return,
            400..=498 => "4xx",
            500..=599 => "5xx",
            _ => return,
        };
        self.instruments.order_requests.add(1, &[KeyValue::new("class", class)]);
    }

    /// What became of an order: fulfilled, queued, rejected, refused or cancelled.
    pub fn order(&self, outcome: &'static str) {
        self.instruments.orders.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// The time in which an order should be made has passed: it is (met), or it is not (missed). To be said then, not
    /// when the order is made, or an outage would look perfect.
    pub fn slo(&self, met: bool) {
        self.instruments.slo.add(1, &[KeyValue::new("result", if met { "met" } else { "missed" })]);
    }

    /// A call to the factory ended: success, failure, timeout, connect_error, bad_jwt or rejected; with this status,
    /// if there was an answer.
    pub fn factory_request(&self, outcome: &'static str, status: Option<u16>, took: Duration) {
        let outcome_label = KeyValue::new("outcome", outcome);
        self.instruments.factory_requests.add(1, slice::from_ref(&outcome_label));
        let mut labels = Vec::with_capacity(5);
        labels.push(outcome_label);
        labels.push(KeyValue::new("http.request.method", "POST"));
        labels.extend(self.factory.clone());
        labels.extend(status.map(|status| KeyValue::new("http.response.status_code", i64::from(status))));
        if outcome != "success" {
            let error = match status {
                Some(status @ 400..) => KeyValue::new("error.type", status.to_string()),
                _ => KeyValue::new("error.type", outcome),
            };
            labels.push(error);
        }
        self.instruments.factory_duration.record(took.as_secs_f64(), &labels);
    }

    /// An order was queued without a call, because the circuit was not closed.
    pub fn short_circuited(&self) {
        self.instruments.short_circuited.add(1, &[]);
    }

    /// The circuit is in this state now: closed, open, half_open, forced_open or forced_closed.
    pub fn circuit(&self, state: &'static str) {
        for other in CIRCUIT_STATES {
            let is = u64::from(other == state);
            self.instruments.circuit_state.record(is, &[KeyValue::new("state", other)]);
        }
    }

    /// The queue as it is now: orders that are queued, being made, in quarantine; the oldest's age.
    pub fn queue(&self, depths: [u64; 3], oldest: Duration) {
        for (state, depth) in QUEUE_STATES.into_iter().zip(depths) {
            self.instruments.queue_depth.record(depth, &[KeyValue::new("state", state)]);
        }
        let queued = [KeyValue::new("state", "queued")];
        self.instruments.queue_oldest_age.record(oldest.as_secs_f64(), &queued);
    }

    /// Whether somebody has paused the backlog.
    pub fn queue_paused(&self, paused: bool) {
        self.instruments.queue_paused.record(u64::from(paused), &[]);
    }

    /// Orders were claimed from the backlog.
    pub fn dispatched(&self, orders: u64) {
        self.instruments.dispatches.add(orders, &[]);
    }

    /// One making ended: fulfilled, rejected, quarantined, retry_later, unsent or stale.
    pub fn settled(&self, result: &'static str) {
        self.instruments.attempts.add(1, &[KeyValue::new("result", result)]);
    }

    /// An order at this franchise has its pizzas: how many, what they brought in (bitcoin), how long it took.
    pub fn sold(&self, franchise: i64, pizzas: u64, bitcoin: f64, took: Duration) {
        let franchise = self.franchise(franchise);
        self.instruments.sold.add(pizzas, franchise.as_slice());
        self.instruments.revenue.add(bitcoin, franchise.as_slice());
        self.instruments.time_to_fulfil.record(took.as_secs_f64(), &[]);
    }

    /// An attempt at an order of this franchise made no pizza.
    pub fn creation_failed(&self, franchise: i64) {
        self.instruments.creation_failures.add(1, self.franchise(franchise).as_slice());
    }

    /// The dispatcher went round, at this Unix time in seconds.
    pub fn heartbeat(&self, unix_seconds: f64) {
        self.instruments.worker_heartbeat.record(unix_seconds, &[]);
    }

    /// Somebody tried to log in: success, failure or throttled.
    pub fn login(&self, outcome: &'static str) {
        self.instruments.logins.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// So many users asked for something lately.
    pub fn active_users(&self, users: u64) {
        self.instruments.active_users.record(users, &[]);
    }

    /// The store carried out one of its verbs, or could not.
    pub fn db_operation(&self, verb: &'static str, ok: bool, took: Duration) {
        let labels = [
            self.database.clone(),
            KeyValue::new("db.operation.name", verb),
            KeyValue::new("error.type", "_OTHER"),
        ];
        let labels = if ok { &labels[..2] } else { &labels[..] };
        self.instruments.db_duration.record(took.as_secs_f64(), labels);
    }

    /// The alert is in this state now: Normal, Pending, Alerting or Recovering.
    pub fn alert_state(&self, alert: &str, state: &'static str) {
        for other in ALERT_STATES {
            let labels = [KeyValue::new("alert", alert.to_owned()), KeyValue::new("state", other)];
            self.instruments.alert_state.record(u64::from(other == state), &labels);
        }
    }

    /// A notification reached this contact point, or was given up.
    pub fn notification(&self, contact_point: &str, sent: bool) {
        let result = if sent { "sent" } else { "failed" };
        let labels =
            [KeyValue::new("contact_point", contact_point.to_owned()), KeyValue::new("result", result)];
        self.instruments.notifications.add(1, &labels);
    }

    /// So many incidents are not over.
    pub fn incidents_open(&self, incidents: u64) {
        self.instruments.incidents_open.record(incidents, &[]);
    }

    /// What became of a test order: fulfilled, queued or failed.
    pub fn synthetic_order(&self, result: &'static str) {
        self.instruments.synthetic_orders.add(1, &[KeyValue::new("result", result)]);
    }

    pub(super) fn start_at_zero(&self, alerts: &[String], contact_points: &[String]) {
        let i = &self.instruments;
        each(&i.orders, "outcome", &ORDER_OUTCOMES);
        each(&i.order_requests, "class", &STATUS_CLASSES);
        each(&i.slo, "result", &SLO_RESULTS);
        each(&i.factory_requests, "outcome", &FACTORY_OUTCOMES);
        each(&i.attempts, "result", &SETTLEMENTS);
        each(&i.logins, "outcome", &LOGIN_OUTCOMES);
        each(&i.synthetic_orders, "result", &SYNTHETIC_RESULTS);
        i.short_circuited.add(0, &[]);
        i.dispatches.add(0, &[]);
        if self.franchises.is_none() {
            i.sold.add(0, &[]);
            i.revenue.add(0.0, &[]);
            i.creation_failures.add(0, &[]);
        }
        self.circuit("closed");
        self.queue([0, 0, 0], Duration::ZERO);
        self.queue_paused(false);
        self.active_users(0);
        self.incidents_open(0);
        for alert in alerts {
            self.alert_state(alert, "Normal");
        }
        for contact_point in contact_points {
            for result in NOTIFICATION_RESULTS {
                let point = KeyValue::new("contact_point", contact_point.clone());
                i.notifications.add(0, &[point, KeyValue::new("result", result)]);
            }
        }
    }

    /// The label `franchise`, where franchises are counted one by one.
    fn franchise(&self, franchise: i64) -> Option<KeyValue> {
        self.franchises.as_ref().map(|franchises| franchises.label(franchise))
    }
}

fn each(counter: &Counter<u64>, label: &'static str, values: &[&'static str]) {
    for value in values {
        counter.add(0, &[KeyValue::new(label, *value)]);
    }
}

//! Every metric of the order service, with its name, unit and labels.
//!
//! Names follow the OpenTelemetry semantic conventions where there is one, and start with `pizza_`
//! otherwise. Every label value is there from the start with 0, so that rates exist before the first event.

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Histogram, Meter, MeterProvider, UpDownCounter},
};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider};
use prometheus::{Encoder, Registry, TextEncoder};
use std::time::Duration;

/// Seconds, for a server's own answers.
const SERVER_BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Seconds, for calls to the factory, which may hold one for 32 s.
const FACTORY_BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0];
/// Seconds from order to pizza, through an outage of hours.
const FULFIL_BUCKETS: [f64; 12] =
    [0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0];

const ORDER_OUTCOMES: [&str; 5] = ["fulfilled", "queued", "rejected", "refused", "cancelled"];
const FACTORY_OUTCOMES: [&str; 6] = ["success", "failure", "timeout", "connect_error", "bad_jwt", "rejected"];
const CIRCUIT_STATES: [&str; 5] = ["closed", "open", "half_open", "forced_open", "forced_closed"];
const QUEUE_STATES: [&str; 3] = ["queued", "making", "quarantined"];
const SETTLEMENTS: [&str; 6] = ["fulfilled", "rejected", "quarantined", "retry_later", "unsent", "stale"];
const LOGIN_OUTCOMES: [&str; 3] = ["success", "failure", "throttled"];

/// Why metrics cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The exporter could not be set up.
    #[error("the metrics exporter could not be set up")]
    Exporter(#[source] opentelemetry_sdk::error::OTelSdkError),
    /// The metrics could not be written as text.
    #[error("the metrics could not be written as text")]
    Text(#[source] prometheus::Error),
}

/// All instruments, and their text form for Prometheus.
pub struct Metrics {
    registry: Registry,
    /// Keeps the instruments alive: a provider that is dropped stops collecting.
    _provider: SdkMeterProvider,
    server_duration: Histogram<f64>,
    server_active: UpDownCounter<i64>,
    factory_duration: Histogram<f64>,
    orders: Counter<u64>,
    factory_requests: Counter<u64>,
    short_circuited: Counter<u64>,
    circuit_state: Gauge<u64>,
    queue_depth: Gauge<u64>,
    queue_oldest_age: Gauge<f64>,
    dispatches: Counter<u64>,
    attempts: Counter<u64>,
    time_to_fulfil: Histogram<f64>,
    worker_heartbeat: Gauge<f64>,
    sold: Counter<u64>,
    revenue: Counter<f64>,
    creation_failures: Counter<u64>,
    logins: Counter<u64>,
}

impl Metrics {
    /// Sets up every instrument.
    pub fn new(version: &'static str) -> Result<Self, MetricsError> {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .build()
            .map_err(MetricsError::Exporter)?;
        let resource = Resource::builder_empty()
            .with_attributes([
                KeyValue::new("service.name", "jwt-pizza-service"),
                KeyValue::new("service.version", version),
            ])
            .build();
        let provider = SdkMeterProvider::builder().with_reader(exporter).with_resource(resource).build();
        let meter = provider.meter("jwt-pizza");
        let metrics = Self::instruments(registry, provider, &meter);
        metrics.start_at_zero();
        Ok(metrics)
    }

    fn instruments(registry: Registry, provider: SdkMeterProvider, meter: &Meter) -> Self {
        let count =
            |name: &'static str, what: &'static str| meter.u64_counter(name).with_description(what).build();
        let seconds = |name: &'static str, what: &'static str, buckets: &[f64]| {
            let histogram = meter.f64_histogram(name).with_description(what).with_unit("s");
            histogram.with_boundaries(buckets.to_vec()).build()
        };
        let level =
            |name: &'static str, what: &'static str| meter.u64_gauge(name).with_description(what).build();
        Self {
            server_duration: seconds(
                "http.server.request.duration",
                "Time to answer a request",
                &SERVER_BUCKETS,
            ),
            server_active: meter
                .i64_up_down_counter("http.server.active_requests")
                .with_description("Requests being answered")
                .build(),
            factory_duration: seconds(
                "http.client.request.duration",
                "Time of a call to the factory",
                &FACTORY_BUCKETS,
            ),
            orders: count("pizza_orders", "What became of orders"),
            factory_requests: count("pizza_factory_requests", "Calls to the factory"),
            short_circuited: count(
                "pizza_factory_short_circuited",
                "Orders that were queued without a call, because the circuit was not closed",
            ),
            circuit_state: level("pizza_circuit_state", "1 for the state that the circuit is in"),
            queue_depth: level("pizza_queue_depth", "Orders that are not done, by state"),
            queue_oldest_age: meter
                .f64_gauge("pizza_queue_oldest_age")
                .with_unit("s")
                .with_description("Age of the oldest queued order")
                .build(),
            dispatches: count("pizza_queue_dispatches", "Orders claimed from the backlog"),
            attempts: count("pizza_fulfilment_attempts", "How the making of orders ended"),
            time_to_fulfil: seconds("pizza_time_to_fulfil", "From order to verified pizza", &FULFIL_BUCKETS),
            worker_heartbeat: meter
                .f64_gauge("pizza_worker_heartbeat_timestamp")
                .with_unit("s")
                .with_description("When the dispatcher last went round, in Unix time")
                .build(),
            sold: count("pizza_sold", "Pizzas delivered"),
            revenue: meter
                .f64_counter("pizza_revenue_bitcoin")
                .with_description("What delivered pizzas brought in")
                .build(),
            creation_failures: count("pizza_creation_failures", "Pizzas that were not made on an attempt"),
            logins: count("pizza_auth_logins", "Login attempts"),
            registry,
            _provider: provider,
        }
    }

    fn start_at_zero(&self) {
        for outcome in ORDER_OUTCOMES {
            self.orders.add(0, &[KeyValue::new("outcome", outcome)]);
        }
        for outcome in FACTORY_OUTCOMES {
            self.factory_requests.add(0, &[KeyValue::new("outcome", outcome)]);
        }
        for result in SETTLEMENTS {
            self.attempts.add(0, &[KeyValue::new("result", result)]);
        }
        for outcome in LOGIN_OUTCOMES {
            self.logins.add(0, &[KeyValue::new("outcome", outcome)]);
        }
        self.short_circuited.add(0, &[]);
        self.dispatches.add(0, &[]);
        self.sold.add(0, &[]);
        self.revenue.add(0.0, &[]);
        self.creation_failures.add(0, &[]);
        self.circuit("closed");
        self.queue([0, 0, 0], Duration::ZERO);
    }

    /// A request begins.
    pub fn request_begun(&self) {
        self.server_active.add(1, &[]);
    }

    /// A request was answered. `route` is the template, never the raw path.
    pub fn request_answered(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        self.server_active.add(-1, &[]);
        let labels = [
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.route", route.to_owned()),
            KeyValue::new("http.response.status_code", i64::from(status)),
        ];
        self.server_duration.record(took.as_secs_f64(), &labels);
    }

    /// What became of an order: fulfilled, queued, rejected, refused or cancelled.
    pub fn order(&self, outcome: &'static str) {
        self.orders.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// A call to the factory ended: success, failure, timeout, connect_error, bad_jwt or rejected.
    pub fn factory_request(&self, outcome: &'static str, took: Duration) {
        let labels = [KeyValue::new("outcome", outcome)];
        self.factory_requests.add(1, &labels);
        self.factory_duration.record(took.as_secs_f64(), &labels);
    }

    /// An order was queued without a call, because the circuit was not closed.
    pub fn short_circuited(&self) {
        self.short_circuited.add(1, &[]);
    }

    /// The circuit is in this state now: closed, open, half_open, forced_open or forced_closed.
    pub fn circuit(&self, state: &'static str) {
        for other in CIRCUIT_STATES {
            self.circuit_state.record(u64::from(other == state), &[KeyValue::new("state", other)]);
        }
    }

    /// The queue as it is now: orders that are queued, being made, in quarantine; the oldest's age.
    pub fn queue(&self, depths: [u64; 3], oldest: Duration) {
        for (state, depth) in QUEUE_STATES.into_iter().zip(depths) {
            self.queue_depth.record(depth, &[KeyValue::new("state", state)]);
        }
        self.queue_oldest_age.record(oldest.as_secs_f64(), &[KeyValue::new("state", "queued")]);
    }

    /// Orders were claimed from the backlog.
    pub fn dispatched(&self, orders: u64) {
        self.dispatches.add(orders, &[]);
    }

    /// One making ended: fulfilled, rejected, quarantined, retry_later, unsent or stale.
    pub fn settled(&self, result: &'static str) {
        self.attempts.add(1, &[KeyValue::new("result", result)]);
    }

    /// An order has its pizzas: how many, what they brought in (bitcoin), how long it took.
    pub fn sold(&self, pizzas: u64, bitcoin: f64, took: Duration) {
        self.sold.add(pizzas, &[]);
        self.revenue.add(bitcoin, &[]);
        self.time_to_fulfil.record(took.as_secs_f64(), &[]);
    }

    /// An attempt made no pizza.
    pub fn creation_failed(&self) {
        self.creation_failures.add(1, &[]);
    }

    /// The dispatcher went round, at this Unix time in seconds.
    pub fn heartbeat(&self, unix_seconds: f64) {
        self.worker_heartbeat.record(unix_seconds, &[]);
    }

    /// Somebody tried to log in: success, failure or throttled.
    pub fn login(&self, outcome: &'static str) {
        self.logins.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// All metrics in the Prometheus text format.
    pub fn to_text(&self) -> Result<String, MetricsError> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text).map_err(MetricsError::Text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_value_is_there_before_the_first_event() {
        let text = Metrics::new("test").unwrap().to_text().unwrap();
        for line in [
            r#"pizza_orders_total{outcome="queued"} 0"#,
            r#"pizza_factory_requests_total{outcome="bad_jwt"} 0"#,
            "pizza_factory_short_circuited_total 0",
            r#"pizza_circuit_state{state="closed"} 1"#,
            r#"pizza_circuit_state{state="half_open"} 0"#,
            r#"pizza_queue_depth{state="quarantined"} 0"#,
            r#"pizza_auth_logins_total{outcome="throttled"} 0"#,
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn names_are_those_of_the_dashboards() {
        let metrics = Metrics::new("test").unwrap();
        metrics.request_begun();
        metrics.request_answered("GET", "/api/order/menu", 200, Duration::from_millis(3));
        metrics.factory_request("timeout", Duration::from_secs(40));
        metrics.sold(2, 0.0084, Duration::from_secs(1));
        metrics.heartbeat(1.0);
        let text = metrics.to_text().unwrap();
        for start in [
            "http_server_request_duration_seconds_bucket{http_request_method=\"GET\",http_response_status_code=\"200\",http_route=\"/api/order/menu\",le=\"0.005\"} 1",
            "http_client_request_duration_seconds_bucket{outcome=\"timeout\",le=\"60\"} 1",
            "pizza_time_to_fulfil_seconds_count 1",
            "pizza_queue_oldest_age_seconds{state=\"queued\"} 0",
            "pizza_worker_heartbeat_timestamp_seconds 1",
            "pizza_sold_total 2",
            "pizza_revenue_bitcoin_total 0.0084",
        ] {
            assert!(text.contains(start), "{start} is not in\n{text}");
        }
    }
}

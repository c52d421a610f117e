//! The instruments, and the values that their labels may have.

use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, UpDownCounter};

/// Seconds, for a server's own answers.
const SERVER_BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Seconds, for calls to the factory, which may hold one for 32 s.
const FACTORY_BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0];
/// Seconds, as the semantic conventions have them for databases.
const DATABASE_BUCKETS: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];
/// Seconds from order to pizza, through an outage of hours.
const FULFIL_BUCKETS: [f64; 12] =
    [0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0];

pub(super) const ORDER_OUTCOMES: [&str; 5] = ["fulfilled", "queued", "rejected", "refused", "cancelled"];
pub(super) const STATUS_CLASSES: [&str; 3] = ["2xx", "4xx", "5xx"];
pub(super) const SLO_RESULTS: [&str; 2] = ["met", "missed"];
pub(super) const SYNTHETIC_RESULTS: [&str; 3] = ["fulfilled", "queued", "failed"];
pub(super) const NOTIFICATION_RESULTS: [&str; 2] = ["sent", "failed"];
pub(super) const ALERT_STATES: [&str; 4] = ["Normal", "Pending", "Alerting", "Recovering"];
pub(super) const FACTORY_OUTCOMES: [&str; 6] =
    ["success", "failure", "timeout", "connect_error", "bad_jwt", "rejected"];
pub(super) const CIRCUIT_STATES: [&str; 5] = ["closed", "open", "half_open", "forced_open", "forced_closed"];
pub(super) const QUEUE_STATES: [&str; 3] = ["queued", "making", "quarantined"];
pub(super) const SETTLEMENTS: [&str; 6] =
    ["fulfilled", "rejected", "quarantined", "retry_later", "unsent", "stale"];
pub(super) const LOGIN_OUTCOMES: [&str; 3] = ["success", "failure", "throttled"];

pub(super) struct Instruments {
    pub(super) server_duration: Histogram<f64>,
    pub(super) server_active: UpDownCounter<i64>,
    pub(super) factory_duration: Histogram<f64>,
    pub(super) db_duration: Histogram<f64>,
    pub(super) order_requests: Counter<u64>,
    pub(super) orders: Counter<u64>,
    pub(super) slo: Counter<u64>,
    pub(super) factory_requests: Counter<u64>,
    pub(super) short_circuited: Counter<u64>,
    pub(super) circuit_state: Gauge<u64>,
    pub(super) queue_depth: Gauge<u64>,
    pub(super) queue_oldest_age: Gauge<f64>,
    pub(super) queue_paused: Gauge<u64>,
    pub(super) dispatches: Counter<u64>,
    pub(super) attempts: Counter<u64>,
    pub(super) time_to_fulfil: Histogram<f64>,
    pub(super) worker_heartbeat: Gauge<f64>,
    pub(super) sold: Counter<u64>,
    pub(super) revenue: Counter<f64>,
    pub(super) creation_failures: Counter<u64>,
    pub(super) logins: Counter<u64>,
    pub(super) active_users: Gauge<u64>,
    pub(super) alert_state: Gauge<u64>,
    pub(super) notifications: Counter<u64>,
    pub(super) incidents_open: Gauge<u64>,
    pub(super) synthetic_orders: Counter<u64>,
}

impl Instruments {
    pub(super) fn of(meter: &Meter) -> Self {
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
            db_duration: seconds(
                "db.client.operation.duration",
                "Time of one business verb at the store",
                &DATABASE_BUCKETS,
            ),
            order_requests: count("pizza_order_requests", "Answers to POST /api/order, by class of status"),
            orders: count("pizza_orders", "What became of orders"),
            slo: count(
                "pizza_order_fulfil_slo",
                "Orders whose time to be made has passed, made (met) or not (missed)",
            ),
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
            queue_paused: level("pizza_queue_paused", "1 while somebody has paused the backlog"),
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
            active_users: level("pizza_active_users", "Users who asked for something lately"),
            alert_state: level("pizza_alert_state", "1 for the state that the alert is in"),
            notifications: count("pizza_notifications", "Notifications by contact point and result"),
            incidents_open: level("pizza_incidents_open", "Incidents that are not over"),
            synthetic_orders: count("pizza_synthetic_orders", "What became of test orders"),
        }
    }
}

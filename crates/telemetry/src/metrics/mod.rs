//! Every metric of the order service, with its name, unit and labels.
//!
//! Names follow the OpenTelemetry semantic conventions where there is one, and start with `pizza_`
//! otherwise. Every label value is there from the start with 0, so that rates exist before the first event.

mod franchises;
mod instruments;
mod machine;
mod record;

use crate::otlp::{self, OtlpError};
use franchises::Franchises;
use instruments::Instruments;
use opentelemetry::{KeyValue, metrics::MeterProvider};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Encoder, Registry, TextEncoder};

/// Why metrics cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The exporter could not be set up.
    #[error("the metrics exporter could not be set up")]
    Exporter(#[source] opentelemetry_sdk::error::OTelSdkError),
    /// They cannot be sent to the collector that the environment names.
    #[error(transparent)]
    Otlp(#[from] OtlpError),
    /// The metrics could not be written as text.
    #[error("the metrics could not be written as text")]
    Text(#[source] prometheus::Error),
}

/// What is known of the service when it starts.
#[derive(Clone, Debug)]
pub struct MetricsOptions {
    /// The program's version: the resource's `service.version`.
    pub version: &'static str,
    /// The name of this process among its like: the resource's `service.instance.id`.
    pub instance_id: String,
    /// The kind of database: `db.system.name`.
    pub database: &'static str,
    /// The factory's host name: the `server.address` of calls to it. Left out when empty.
    pub factory_host: String,
    /// Count pizzas, revenue and failures by franchise, for so many franchises, the first that come; the others are
    /// counted together as `other`. Without a number they are not counted by franchise at all.
    pub max_franchises: Option<usize>,
    /// The alerts whose state will be told.
    pub alerts: Vec<String>,
    /// The contact points that notifications may go to.
    pub contact_points: Vec<String>,
}

impl MetricsOptions {
    /// A service of this version, about which nothing else is known.
    pub fn new(version: &'static str) -> Self {
        Self {
            version,
            instance_id: crate::instance_id().to_owned(),
            database: "sqlite",
            factory_host: String::new(),
            max_franchises: None,
            alerts: Vec::new(),
            contact_points: Vec::new(),
        }
    }
}

/// All instruments, and their text form for Prometheus.
pub struct Metrics {
    registry: Registry,
    /// Keeps the instruments alive: a provider that is dropped stops collecting.
    _provider: SdkMeterProvider,
    instruments: Instruments,
    database: KeyValue,
    /// The factory's `server.address`, if it is known.
    factory: Option<KeyValue>,
    franchises: Option<Franchises>,
}

impl Metrics {
    /// Sets up every instrument: read by [`to_text`](Self::to_text), and sent to the collector if [`start`](crate::start)
    /// found that there is one.
    ///
    /// # Errors
    /// When an exporter cannot be set up.
    pub fn new(options: MetricsOptions) -> Result<Self, MetricsError> {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .build()
            .map_err(MetricsError::Exporter)?;
        let own = || otlp::resource(crate::SERVICE_NAME, options.version, options.instance_id);
        let resource = otlp::collected_resource().unwrap_or_else(own);
        let mut provider = SdkMeterProvider::builder().with_reader(exporter).with_resource(resource);
        if let Some(reader) = otlp::metrics_reader()? {
            provider = provider.with_reader(reader);
        }
        let provider = provider.build();
        otlp::keep(&provider);
        let meter = provider.meter("jwt-pizza");
        machine::observe(&meter);
        let metrics = Self {
            registry,
            instruments: Instruments::of(&meter),
            _provider: provider,
            database: KeyValue::new("db.system.name", options.database),
            factory: Some(options.factory_host)
                .filter(|host| !host.is_empty())
                .map(|host| KeyValue::new("server.address", host)),
            franchises: options.max_franchises.map(Franchises::at_most),
        };
        metrics.start_at_zero(&options.alerts, &options.contact_points);
        Ok(metrics)
    }

    /// All metrics in the Prometheus text format.
    ///
    /// # Errors
    /// When they cannot be gathered or written.
    pub fn to_text(&self) -> Result<String, MetricsError> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text).map_err(MetricsError::Text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn metrics() -> Metrics {
        Metrics::new(MetricsOptions::new("test")).unwrap()
    }

    #[track_caller]
    fn has(text: &str, line: &str) {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }

    #[test]
    fn every_label_value_is_there_before_the_first_event() {
        let options = MetricsOptions {
            alerts: vec!["circuit-open".into()],
            contact_points: vec!["pager".into()],
            ..MetricsOptions::new("test")
        };
        let text = Metrics::new(options).unwrap().to_text().unwrap();
        for line in [
            r#"pizza_orders_total{outcome="queued"} 0"#,
            r#"pizza_order_requests_total{class="2xx"} 0"#,
            r#"pizza_order_requests_total{class="4xx"} 0"#,
            r#"pizza_order_requests_total{class="5xx"} 0"#,
            r#"pizza_order_fulfil_slo_total{result="met"} 0"#,
            r#"pizza_order_fulfil_slo_total{result="missed"} 0"#,
            r#"pizza_synthetic_orders_total{result="fulfilled"} 0"#,
            r#"pizza_synthetic_orders_total{result="queued"} 0"#,
            r#"pizza_synthetic_orders_total{result="failed"} 0"#,
            r#"pizza_notifications_total{contact_point="pager",result="sent"} 0"#,
            r#"pizza_notifications_total{contact_point="pager",result="failed"} 0"#,
            r#"pizza_alert_state{alert="circuit-open",state="Normal"} 1"#,
            r#"pizza_alert_state{alert="circuit-open",state="Recovering"} 0"#,
            r#"pizza_factory_requests_total{outcome="bad_jwt"} 0"#,
            "pizza_factory_short_circuited_total 0",
            r#"pizza_circuit_state{state="closed"} 1"#,
            r#"pizza_circuit_state{state="half_open"} 0"#,
            r#"pizza_queue_depth{state="quarantined"} 0"#,
            "pizza_queue_paused 0",
            "pizza_incidents_open 0",
            "pizza_active_users 0",
            r#"pizza_auth_logins_total{outcome="throttled"} 0"#,
        ] {
            has(&text, line);
        }
        assert!(!text.contains("pizza_worker_heartbeat"), "nobody has worked yet\n{text}");
    }

    #[test]
    fn names_are_those_of_the_dashboards() {
        let options = MetricsOptions { factory_host: "factory.test".into(), ..MetricsOptions::new("test") };
        let metrics = Metrics::new(options).unwrap();
        metrics.request_begun();
        metrics.request_answered("GET", "/api/order/menu", 200, Duration::from_millis(3));
        metrics.factory_request("timeout", None, Duration::from_secs(40));
        metrics.db_operation("place_order", true, Duration::from_millis(1));
        metrics.sold(1, 2, 0.0084, Duration::from_secs(1));
        metrics.heartbeat(1.0);
        let text = metrics.to_text().unwrap();
        for start in [
            "http_server_request_duration_seconds_bucket{http_request_method=\"GET\",http_response_status_code=\"200\",http_route=\"/api/order/menu\",le=\"0.005\"} 1",
            "http_client_request_duration_seconds_bucket{error_type=\"timeout\",http_request_method=\"POST\",outcome=\"timeout\",server_address=\"factory.test\",le=\"60\"} 1",
            "db_client_operation_duration_seconds_bucket{db_operation_name=\"place_order\",db_system_name=\"sqlite\",le=\"0.001\"} 1",
            "pizza_time_to_fulfil_seconds_count 1",
            "pizza_queue_oldest_age_seconds{state=\"queued\"} 0",
            "pizza_worker_heartbeat_timestamp_seconds 1",
            "pizza_sold_total 2",
            "pizza_revenue_bitcoin_total 0.0084",
        ] {
            assert!(text.contains(start), "{start} is not in\n{text}");
        }
    }

    #[test]
    fn what_failed_says_how() {
        let metrics = metrics();
        metrics.request_begun();
        metrics.request_answered("GET", "/readyz", 503, Duration::ZERO);
        metrics.factory_request("failure", Some(500), Duration::ZERO);
        metrics.factory_request("bad_jwt", Some(200), Duration::ZERO);
        metrics.db_operation("finish", false, Duration::ZERO);
        let text = metrics.to_text().unwrap();
        for part in [
            r#"error_type="503",http_request_method="GET",http_response_status_code="503",http_route="/readyz""#,
            r#"error_type="500",http_request_method="POST",http_response_status_code="500",outcome="failure""#,
            r#"error_type="bad_jwt",http_request_method="POST",http_response_status_code="200",outcome="bad_jwt""#,
            r#"db_operation_name="finish",db_system_name="sqlite",error_type="_OTHER""#,
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn an_order_that_is_answered_is_counted_by_class_and_one_whose_diner_left_is_not() {
        let metrics = metrics();
        for status in [200, 202, 401, 499, 503] {
            metrics.order_request(status);
        }
        let text = metrics.to_text().unwrap();
        has(&text, r#"pizza_order_requests_total{class="2xx"} 2"#);
        has(&text, r#"pizza_order_requests_total{class="4xx"} 1"#);
        has(&text, r#"pizza_order_requests_total{class="5xx"} 1"#);
    }

    #[test]
    fn an_alert_is_in_one_state_at_a_time() {
        let metrics = metrics();
        metrics.alert_state("latency", "Alerting");
        metrics.alert_state("latency", "Recovering");
        let text = metrics.to_text().unwrap();
        has(&text, r#"pizza_alert_state{alert="latency",state="Alerting"} 0"#);
        has(&text, r#"pizza_alert_state{alert="latency",state="Recovering"} 1"#);
    }

    #[test]
    fn franchises_beyond_the_bound_are_counted_together() {
        let metrics =
            Metrics::new(MetricsOptions { max_franchises: Some(2), ..MetricsOptions::new("test") }).unwrap();
        for franchise in 1..=4 {
            metrics.sold(franchise, 1, 0.5, Duration::ZERO);
            metrics.creation_failed(franchise);
        }
        metrics.sold(1, 1, 0.5, Duration::ZERO);
        let text = metrics.to_text().unwrap();
        has(&text, r#"pizza_sold_total{franchise="1"} 2"#);
        has(&text, r#"pizza_sold_total{franchise="other"} 2"#);
        has(&text, r#"pizza_creation_failures_total{franchise="2"} 1"#);
        has(&text, r#"pizza_revenue_bitcoin_total{franchise="other"} 1"#);
        assert!(!text.contains(r#"franchise="3""#), "{text}");
    }

    #[test]
    fn the_resource_names_the_instance() {
        let options = MetricsOptions { instance_id: "i-7".into(), ..MetricsOptions::new("1.2.3") };
        let text = Metrics::new(options).unwrap().to_text().unwrap();
        has(
            &text,
            r#"target_info{service_instance_id="i-7",service_name="jwt-pizza-service",service_version="1.2.3"} 1"#,
        );
    }
}

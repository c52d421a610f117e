//! A collector that takes OTLP over HTTP, or takes it badly.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, KeyValue, any_value::Value},
    logs::v1::LogRecord,
    metrics::v1::Metric,
    resource::v1::Resource,
    trace::v1::Span,
};
use prost::Message;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use test_kit::free_port;
use tokio::{net::TcpListener, task::JoinHandle};

/// How it takes what it is sent.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// At once.
    Good,
    /// After a while.
    Slow(Duration),
    /// With 500.
    Failing,
    /// Never.
    Hanging,
}

/// One delivery.
#[derive(Clone)]
pub struct Delivery {
    path: String,
    pub content_type: String,
    pub authorization: Option<String>,
    pub body: Bytes,
}

/// Everything it was sent.
#[derive(Clone, Default)]
pub struct Deliveries(Arc<Mutex<Vec<Delivery>>>);

pub struct Collector {
    pub url: String,
    pub deliveries: Deliveries,
    server: JoinHandle<()>,
}

impl Collector {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let deliveries = Deliveries::default();
        let app = Router::new().fallback(take).with_state((manner, deliveries.clone()));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, deliveries, server }
    }

    /// Where nobody listens.
    pub fn nowhere() -> String {
        format!("http://127.0.0.1:{}", free_port().unwrap())
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(
    State((manner, deliveries)): State<(Manner, Deliveries)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    deliveries.0.lock().unwrap().push(Delivery {
        path: uri.path().to_owned(),
        content_type: header("content-type").unwrap_or_default(),
        authorization: header("authorization"),
        body,
    });
    match manner {
        Manner::Good => StatusCode::OK,
        Manner::Slow(delay) => {
            tokio::time::sleep(delay).await;
            StatusCode::OK
        }
        Manner::Failing => StatusCode::INTERNAL_SERVER_ERROR,
        Manner::Hanging => std::future::pending().await,
    }
}

impl Deliveries {
    pub fn all(&self) -> Vec<Delivery> {
        self.0.lock().unwrap().clone()
    }

    pub fn spans(&self) -> Vec<(Resource, Span)> {
        let requests = self.of::<ExportTraceServiceRequest>("/v1/traces");
        let of_resources = requests.into_iter().flat_map(|request| request.resource_spans);
        let spans = of_resources.flat_map(|of_resource| {
            let resource = of_resource.resource.unwrap();
            let spans = of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            spans.map(|span| (resource.clone(), span)).collect::<Vec<_>>()
        });
        spans.collect()
    }

    pub fn logs(&self) -> Vec<(Resource, LogRecord)> {
        let requests = self.of::<ExportLogsServiceRequest>("/v1/logs");
        let of_resources = requests.into_iter().flat_map(|request| request.resource_logs);
        let logs = of_resources.flat_map(|of_resource| {
            let resource = of_resource.resource.unwrap();
            let records = of_resource.scope_logs.into_iter().flat_map(|scope| scope.log_records);
            records.map(|record| (resource.clone(), record)).collect::<Vec<_>>()
        });
        logs.collect()
    }

    pub fn metrics(&self) -> Vec<(Resource, Metric)> {
        let requests = self.of::<ExportMetricsServiceRequest>("/v1/metrics");
        let of_resources = requests.into_iter().flat_map(|request| request.resource_metrics);
        let metrics = of_resources.flat_map(|of_resource| {
            let resource = of_resource.resource.unwrap();
            let metrics = of_resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics);
            metrics.map(|metric| (resource.clone(), metric)).collect::<Vec<_>>()
        });
        metrics.collect()
    }

    fn of<M: Message + Default>(&self, path: &str) -> Vec<M> {
        let all = self.all().into_iter().filter(|delivery| delivery.path == path);
        all.map(|delivery| M::decode(delivery.body).unwrap()).collect()
    }
}

/// The attribute of this name, as text.
pub fn attribute(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    text(found.value.as_ref()?)
}

pub fn text(value: &AnyValue) -> Option<String> {
    match value.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        Value::BoolValue(is) => Some(is.to_string()),
        other => Some(format!("{other:?}")),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! Metrics, logs and traces arrive at a collector, and belong together.

use crate::{
    collector::{Collector, Manner, attribute, hex, text},
    program::Program,
};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::Value;
use test_kit::{API_KEY, Answer, command, eventually};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
const REPORT_LINK: &str = "http://127.0.0.1/api/support/canary-key-of-the-link/report/canary-fix-code";

#[tokio::test]
async fn one_order_can_be_followed_from_its_request_through_the_queue_to_its_pizza() {
    let collector = Collector::start(Manner::Good).await;
    let program = Program::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer the-collectors-canary"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "300"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "100"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("PIZZA_LOG__LEVEL", "trace"),
        ("PIZZA_FULFILMENT__RETRIES", "0"),
        ("PIZZA_FULFILMENT__BACKOFF", "200ms"),
    ])
    .await;
    program.factory.next([Answer::ChaosMonkey(REPORT_LINK.to_owned())]);
    let request = program.admin.request(reqwest::Method::POST, "/api/order").json(&program.order());
    let request = request.header("traceparent", format!("00-{TRACE}-{CALLER}-01"));
    let reply = program.admin.send(request.header("prefer", "respond-async")).await.expect(202);
    let request_id = reply.header("x-request-id").unwrap().to_owned();
    let calls = program.factory.wait_for_calls(2).await;

    let deliveries = collector.deliveries.clone();
    let spans_of_calls = async || {
        let calls = deliveries.spans().into_iter().filter(|(_, span)| span.kind() == SpanKind::Client);
        let calls: Vec<_> = calls.map(|(_, span)| span).collect();
        (calls.len() >= 2).then_some(calls)
    };
    let spans_of_calls = eventually("both calls were told", spans_of_calls).await;
    let (log, _) = program.end().await;

    // The request is a part of its caller's trace, and its id is its span's.
    let spans = deliveries.spans();
    let (resource, span) = spans.iter().find(|(_, span)| hex(&span.span_id) == request_id).unwrap();
    assert_eq!((hex(&span.trace_id).as_str(), hex(&span.parent_span_id).as_str()), (TRACE, CALLER));
    assert_eq!((span.name.as_str(), span.kind()), ("POST /api/order", SpanKind::Server));
    assert_eq!(attribute(&span.attributes, "http.route").as_deref(), Some("/api/order"));
    assert_eq!(attribute(&span.attributes, "http.response.status_code").as_deref(), Some("202"));
    assert_eq!(attribute(&resource.attributes, "service.name").as_deref(), Some("jwt-pizza-service"));
    assert_eq!(attribute(&resource.attributes, "deployment.environment.name").as_deref(), Some("test"));
    let instance = attribute(&resource.attributes, "service.instance.id").unwrap();

    // The first call is a part of it; the second, from the queue, is linked to it. The factory was told which.
    let [first, second] = &spans_of_calls[..] else { panic!("{spans_of_calls:?}") };
    assert_eq!((hex(&first.trace_id).as_str(), hex(&first.parent_span_id)), (TRACE, request_id.clone()));
    assert_eq!(attribute(&first.attributes, "error.type").as_deref(), Some("failure"));
    assert_ne!(hex(&second.trace_id), TRACE);
    let linked: Vec<_> = second.links.iter().map(|link| (hex(&link.trace_id), hex(&link.span_id))).collect();
    assert_eq!(linked, [(TRACE.to_owned(), request_id.clone())]);
    for (call, span) in calls.iter().zip(&spans_of_calls) {
        let told = format!("00-{}-{}-01", hex(&span.trace_id), hex(&span.span_id));
        assert_eq!(call.traceparent.as_deref(), Some(told.as_str()));
    }

    // Log lines carry both ids, here and there, and nobody but us is heard.
    let logs = deliveries.logs();
    let of_http = logs.iter().map(|(_, record)| record).find(|record| {
        attribute(&record.attributes, "type").as_deref() == Some("http") && hex(&record.span_id) == request_id
    });
    assert_eq!(hex(&of_http.unwrap().trace_id), TRACE);
    let of_factory = logs.iter().map(|(_, record)| record).find(|record| {
        attribute(&record.attributes, "type").as_deref() == Some("factory")
            && record.body.as_ref().and_then(text).as_deref() == Some("no pizza")
    });
    let of_factory = of_factory.unwrap();
    assert_eq!(hex(&of_factory.trace_id), TRACE);
    assert_eq!(attribute(&of_factory.attributes, "circuit").as_deref(), Some("closed"));
    assert_eq!(attribute(&of_factory.attributes, "status").as_deref(), Some("500"));
    assert!(attribute(&of_factory.attributes, "body").unwrap().contains("/support/[redacted]"));
    assert!(attribute(&of_factory.attributes, "request_body").unwrap().contains("Veggie"));
    assert!(logs.iter().all(|(_, record)| attribute(&record.attributes, "component").is_some()));
    let line = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let line =
        line.into_iter().find(|line| line["type"] == "http" && line["request_id"] == request_id.as_str());
    let line = line.unwrap();
    assert_eq!(line["trace_id"], TRACE);
    assert_eq!(
        (&line["has_authorization"], &line["user_id"], &line["status"]),
        (&true.into(), &1.into(), &202.into())
    );
    assert!(line.get("request_body").is_none(), "bodies of what went well cost too much: {line}");
    // So does whatever is said within a request.
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let act = lines.iter().find(|line| line["action"] == "franchise.create").unwrap();
    let its_request =
        lines.iter().find(|line| line["type"] == "http" && line["request_id"] == act["span"]["request_id"]);
    assert_eq!(its_request.unwrap()["trace_id"], act["span"]["trace_id"]);
    assert_eq!(its_request.unwrap()["route"], "/api/franchise");

    // Metrics are those of /metrics, under the same resource.
    let metrics = deliveries.metrics();
    for name in [
        "pizza_orders",
        "http.server.request.duration",
        "http.client.request.duration",
        "process.memory.usage",
    ] {
        let (resource, _) = metrics.iter().find(|(_, metric)| metric.name == name).expect(name);
        assert_eq!(attribute(&resource.attributes, "service.instance.id").as_ref(), Some(&instance));
    }

    for delivery in deliveries.all() {
        assert_eq!(delivery.content_type, "application/x-protobuf");
        assert_eq!(delivery.authorization.as_deref(), Some("Bearer the-collectors-canary"));
        let body = String::from_utf8_lossy(&delivery.body);
        assert!(!body.contains("canary") && !body.contains(API_KEY), "{body}");
    }
    assert!(!log.contains("canary"), "{}", log.lines().find(|line| line.contains("canary")).unwrap());
}

#[tokio::test]
async fn what_the_sdk_is_told_not_to_do_it_does_not() {
    let collector = Collector::start(Manner::Good).await;
    let program =
        Program::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url), ("OTEL_SDK_DISABLED", "true")])
            .await;
    program.admin.post("/api/order", &program.order()).await.expect(200);
    program.end().await;
    assert!(collector.deliveries.all().is_empty());
}

#[tokio::test]
async fn a_signal_of_its_own_is_the_only_one_and_what_is_left_is_told_at_the_end() {
    let collector = Collector::start(Manner::Good).await;
    let traces = format!("{}/v1/traces", collector.url);
    let program = Program::start(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &traces)]).await;
    program.admin.post("/api/order", &program.order()).await.expect(200);
    program.end().await;
    let deliveries = &collector.deliveries;
    assert!(deliveries.logs().is_empty() && deliveries.metrics().is_empty());
    let names: Vec<_> = deliveries.spans().into_iter().map(|(_, span)| span.name).collect();
    assert!(names.iter().any(|name| name == "POST /api/order"), "{names:?}");
}

#[tokio::test]
async fn a_protocol_that_is_not_spoken_stops_the_program_before_it_begins() {
    let mut serve = command(env!("CARGO_BIN_EXE_pizza"));
    let environment =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
    let output = serve.args(["serve", "--port", "0"]).envs(environment).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(error.contains("OTEL_EXPORTER_OTLP_PROTOCOL is \"grpc\""), "{error}");
}

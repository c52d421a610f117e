//! Whether the process lives, whether it can serve, and what it measures.

use super::closed_kitchen;
use serde_json::json;
use std::time::Duration;
use test_kit::{Answer, TestApp};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[tokio::test]
async fn a_healthy_service_is_alive_and_ready() {
    let app = TestApp::start(|_| {}).await;
    assert_eq!(app.visitor().get("/livez").await.expect(200).body, json!({ "message": "alive" }));
    assert_eq!(app.visitor().get("/readyz").await.expect(200).body, json!({ "message": "ready" }));
}

#[tokio::test]
async fn it_stays_ready_while_only_the_factory_is_down() {
    let (mut app, diner, _) = closed_kitchen(|_| {}).await;
    app.factory.go_down().await;
    assert_eq!(diner.kitchen().await, "closed");
    app.visitor().get("/readyz").await.expect(200);
    app.visitor().get("/livez").await.expect(200);
}

#[tokio::test]
async fn it_is_alive_but_not_ready_while_the_database_takes_no_writes() {
    let app = TestApp::start(|_| {}).await;
    let lock = app.lock_database();
    let reply = app.visitor().get("/readyz").await.expect(503);
    assert_eq!(reply.message(), "the database does not answer");
    assert!(reply.header("retry-after").is_some());
    app.visitor().get("/livez").await.expect(200);

    drop(lock);
    let ready = async || (app.visitor().get("/readyz").await.status == 200).then_some(());
    test_kit::eventually("it is ready again", ready).await;
}

#[tokio::test]
async fn it_is_not_ready_while_it_shuts_down() {
    let app = TestApp::start(|_| {}).await;
    app.factory.always(Answer::Slow(Duration::from_secs(2)));
    let diner = app.diner().await;
    let order = tokio::spawn(async move { diner.order(&[1]).await });
    app.factory.wait_for_calls(1).await;

    // New connections are refused from the start; one that is in the middle of its request is answered.
    let address = app.base().socket_addrs(|| None).unwrap()[0];
    let mut probe = TcpStream::connect(address).await.unwrap();
    probe.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    app.begin_shutdown();
    test_kit::eventually("new connections are refused", async || TcpStream::connect(address).await.err())
        .await;
    probe.write_all(b"\r\n").await.unwrap();
    let mut answer = String::new();
    probe.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("shutting down"), "{answer}");

    order.await.unwrap().expect(200);
}

#[tokio::test]
async fn what_is_measured_has_the_names_of_the_dashboards() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    diner.order(&[1, 5]).await.expect(200);
    app.factory.next([Answer::Status(500)]);
    diner.order(&[1]).await.expect(200);
    app.visitor().try_login("d@jwt.com", "wrong").await.expect(404);
    app.visitor().get("/nowhere").await.expect(404);

    let metrics = app.visitor().get("/metrics").await.expect(200);
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for (series, value) in [
        (r#"pizza_orders_total{outcome="fulfilled"}"#, "2"),
        (r#"pizza_factory_requests_total{outcome="success"}"#, "2"),
        (r#"pizza_factory_requests_total{outcome="failure"}"#, "1"),
        (r#"pizza_fulfilment_attempts_total{result="fulfilled"}"#, "2"),
        (r#"pizza_circuit_state{state="closed"}"#, "1"),
        (r#"pizza_queue_depth{state="queued"}"#, "0"),
        (r#"pizza_auth_logins_total{outcome="success"}"#, "1"),
        (r#"pizza_auth_logins_total{outcome="failure"}"#, "1"),
        ("pizza_factory_short_circuited_total", "0"),
        ("pizza_creation_failures_total", "1"),
        ("pizza_sold_total", "3"),
        ("pizza_time_to_fulfil_seconds_count", "2"),
        ("pizza_queue_dispatches_total", "0"),
        (
            r#"http_client_request_duration_seconds_count{http_request_method="POST",http_response_status_code="200",outcome="success",server_address="127.0.0.1"}"#,
            "2",
        ),
        (
            r#"http_client_request_duration_seconds_count{error_type="500",http_request_method="POST",http_response_status_code="500",outcome="failure",server_address="127.0.0.1"}"#,
            "1",
        ),
    ] {
        let line = format!("{series} {value}");
        assert!(metrics.text.lines().any(|found| found == line), "{line} is not in\n{}", metrics.text);
    }
    let revenue = app.visitor().metric("pizza_revenue_bitcoin_total").await.unwrap();
    assert!((revenue - 0.0175).abs() < 1e-12, "{revenue}");
    for name in [
        r#"http_server_request_duration_seconds_count{http_request_method="POST",http_response_status_code="200",http_route="/api/order"}"#,
        r#"http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="404",http_route="unmatched"}"#,
        "http_server_active_requests",
        "pizza_queue_oldest_age_seconds",
        "pizza_worker_heartbeat_timestamp_seconds",
    ] {
        assert!(metrics.text.contains(name), "{name} is not in\n{}", metrics.text);
    }
    assert!(!metrics.text.contains("nowhere"), "a raw path would be a new series for every stranger");
}

#[tokio::test]
async fn orders_that_were_not_sent_are_counted_as_short_circuited() {
    let (app, diner, _) = closed_kitchen(|_| {}).await;
    diner.order(&[1]).await.expect(202);
    diner.order(&[1]).await.expect(202);
    let visitor = app.visitor();
    assert_eq!(visitor.metric("pizza_factory_short_circuited_total").await, Some(2.0));
    assert_eq!(visitor.metric(r#"pizza_circuit_state{state="open"}"#).await, Some(1.0));
    assert_eq!(visitor.metric(r#"pizza_circuit_state{state="closed"}"#).await, Some(0.0));
    assert_eq!(visitor.metric(r#"pizza_orders_total{outcome="queued"}"#).await, Some(3.0));
}

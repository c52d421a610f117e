//! A collector that is dead, slow, hanging or broken costs nobody an order, and the end of the program no more than
//! 2 s.

use crate::{
    collector::{Collector, Manner},
    program::Program,
};
use std::time::Duration;

/// What a slow machine may add. Whoever waits for a collector waits for its time-out of 60 s.
const SLACK: Duration = Duration::from_secs(4);
const REQUESTS: usize = 1_500;

#[tokio::test]
async fn a_collector_that_does_not_answer_costs_nobody_an_order_nor_the_program_its_end() {
    let (_, plain) = taking_orders_with(&[]).await;
    let bad = [Manner::Slow(Duration::from_secs(30)), Manner::Failing, Manner::Hanging];
    let mut ends = vec![("none", plain)];
    let refused = Collector::nowhere();
    ends.push(("refused", taking_orders_with(&collected_by(&refused)).await.1));
    for manner in bad {
        let collector = Collector::start(manner).await;
        let (log, took) = taking_orders_with(&collected_by(&collector.url)).await;
        assert!(!collector.deliveries.all().is_empty(), "{manner:?}: nothing was sent");
        if matches!(manner, Manner::Failing) {
            let said = log.lines().filter(|line| line.contains("the collector takes nothing")).count();
            assert!((1..=3).contains(&said), "once for each signal, and not {said} times");
        }
        ends.push(("bad", took));
    }
    for (collector, took) in &ends {
        assert!(*took <= plain + Duration::from_secs(2) + SLACK, "{collector}: {ends:?}");
    }
    println!("ends: {ends:?}");
}

fn collected_by(url: &str) -> [(&str, &str); 5] {
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "60000"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "50"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
    ]
}

/// The log, and how long the end took.
async fn taking_orders_with(environment: &[(&str, &str)]) -> (String, Duration) {
    let program = Program::start(environment).await;
    program.admin.post("/api/order", &program.order()).await.expect(200);
    // What is read of the machine is a second old at most.
    let memory = async || {
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        program.admin.metric("process_memory_usage_bytes").await.unwrap()
    };
    let before = memory().await;
    for _ in 0..REQUESTS {
        program.admin.get("/api/user/me").await.expect(200);
    }
    let more = memory().await - before;
    assert!(more < 32e6, "{more} bytes more after {REQUESTS} requests");
    program.admin.post("/api/order", &program.order()).await.expect(200);
    program.end().await
}

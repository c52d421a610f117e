//! P14: calls to a factory that is down for 12 minutes, however many diners order meanwhile. Counted at the factory.

use crate::{
    bench::Bench,
    load::{Load, open_loop},
    row::{Row, Series, Threshold},
    site::{Settings, with_factory},
};
use axum::{Router, http::StatusCode};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

const OUTAGE: Duration = Duration::from_secs(12 * 60);
const ORDERS_PER_SECOND: u32 = 1000;
/// How many times faster time goes when there are not 12 minutes to spend.
const FASTER: u32 = 60;
const FASTER_STILL: u32 = 360;
/// How many outages are enough: what is counted hardly varies.
const OUTAGES: usize = 3;

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let faster = match (bench.full, bench.short) {
        (true, _) => 1,
        (false, false) => FASTER,
        (false, true) => FASTER_STILL,
    };
    let outage = OUTAGE / faster;
    if faster > 1 {
        bench.step(&format!(
            "an outage of {outage:?} instead of {OUTAGE:?}: every duration of circuit and backoff is divided by {faster} (--full runs it in real time)"
        ));
    }
    let rounds = if faster == 1 { 1 } else { bench.rounds.min(OUTAGES) };
    let calls = (0..rounds).map(|_| calls_during(bench, outage, faster)).collect::<Result<Vec<_>, _>>()?;
    let scale = if faster == 1 { String::new() } else { format!(" (time ÷ {faster})") };
    Ok(vec![Row {
        bar: "P14",
        what: format!("calls in a 12 min outage at {ORDERS_PER_SECOND} orders/s{scale}"),
        ours: Series::new("calls", calls),
        other: None,
        threshold: Threshold::AtMost(60.0),
    }])
}

fn calls_during(bench: &Bench, outage: Duration, faster: u32) -> anyhow::Result<f64> {
    let (factory, calls) = failing_factory()?;
    let settings = with_factory(factory).into_iter().chain(durations(faster)).collect();
    let service = bench.service(&settings)?;
    let requests = bench.site()?.orders();
    let load = Load { target: service.address, requests: &requests, warm_up: Duration::ZERO, span: outage };
    let outcome = open_loop(&load, ORDERS_PER_SECOND)?.must_all_be(202)?;
    let calls = calls.load(Ordering::Relaxed);
    bench.step(&format!(
        "{calls} calls for {:.0} orders, every one answered 202",
        outcome.per_second(202) * outage.as_secs_f64()
    ));
    Ok(calls as f64)
}

/// The service's own defaults, in a time that goes faster.
fn durations(faster: u32) -> Settings {
    let defaults = [
        ("CIRCUIT__WINDOW", Duration::from_secs(30)),
        ("CIRCUIT__SLOW_CALL", Duration::from_secs(5)),
        ("CIRCUIT__OPEN", Duration::from_secs(5)),
        ("CIRCUIT__OPEN_MAX", Duration::from_secs(60)),
        ("FACTORY__ATTEMPT_TIMEOUT", Duration::from_secs(40)),
        ("FULFILMENT__LEASE", Duration::from_secs(60)),
        ("FULFILMENT__RETRY_DELAY", Duration::from_millis(100)),
        ("FULFILMENT__BACKOFF", Duration::from_secs(1)),
        ("FULFILMENT__BACKOFF_MAX", Duration::from_secs(60)),
        ("FULFILMENT__POLL", Duration::from_millis(500)),
    ];
    defaults.map(|(name, duration)| (name, format!("{}us", (duration / faster).as_micros()))).into()
}

/// A factory that answers 500 and counts, on a thread that ends with the program.
fn failing_factory() -> anyhow::Result<(SocketAddr, Arc<AtomicU64>)> {
    let calls = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&calls);
    let count = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        async { StatusCode::INTERNAL_SERVER_ERROR }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        runtime.block_on(axum::serve(listener, Router::new().fallback(count)).into_future())
    });
    Ok((address, calls))
}

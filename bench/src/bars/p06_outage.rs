//! P6: how long diners wait for their answer in a total outage ÷ on a good day, at the same rate.

use crate::{
    bench::Bench,
    load::{Load, Outcome, open_loop},
    process::Server,
    row::{Row, Series, Threshold},
    site::{self, fail_from_now_on, with_factory},
};

const ORDERS_PER_SECOND: u32 = 1000;

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let (outage, healthy) = bench.in_turns(|| outage(bench), || healthy(bench))?;
    let p99 = |side: &[Outcome]| Series::new("ms", side.iter().map(Outcome::p99_ms));
    Ok(vec![Row {
        bar: "P6",
        what: format!("p99 at {ORDERS_PER_SECOND} orders/s, outage ÷ healthy"),
        ours: p99(&outage),
        other: Some(p99(&healthy)),
        threshold: Threshold::RatioAtMost(1.0),
    }])
}

/// Each round with a new service and a new factory: a backlog of the round before would be drained meanwhile, and to
/// the factory a copy of the installation is the same one, whose idempotency keys it knows.
fn outage(bench: &Bench) -> anyhow::Result<Outcome> {
    let factory = site::factory(bench, 2048)?;
    let service = bench.service(&with_factory(factory.address))?;
    fail_from_now_on(&factory)?;
    bench.site()?.close_kitchen(&service)?;
    order_at_rate(bench, &service)?.must_all_be(202)
}

fn healthy(bench: &Bench) -> anyhow::Result<Outcome> {
    let factory = site::factory(bench, 2048)?;
    let service = bench.service(&with_factory(factory.address))?;
    order_at_rate(bench, &service)?.must_all_be(200)
}

fn order_at_rate(bench: &Bench, service: &Server) -> anyhow::Result<Outcome> {
    let requests = bench.site()?.orders();
    let load =
        Load { target: service.address, requests: &requests, warm_up: bench.warm_up(), span: bench.span };
    open_loop(&load, ORDERS_PER_SECOND)
}

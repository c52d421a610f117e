//! P3: orders while the kitchen is closed: signed in, priced, durable, answered 202 ÷ a bare durable writer.

use crate::{
    bench::{Bench, CONNECTIONS},
    load::{Load, Outcome, closed_loop, request},
    naked::writer,
    process::Server,
    row::{Row, Series, Threshold},
    site::{items, no_factory},
};
use serde_json::json;

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let (ours, other) = bench.in_turns(|| our_intake(bench), || bare_intake(bench))?;
    let orders =
        |side: &[Outcome]| Series::new("orders/s", side.iter().map(|outcome| outcome.per_second(202)));
    let p99 = |side: &[Outcome]| Series::new("ms", side.iter().map(Outcome::p99_ms));
    let row = |what: &str, ours, other, threshold| Row {
        bar: "P3",
        what: what.to_owned(),
        ours,
        other: Some(other),
        threshold,
    };
    Ok(vec![
        row(
            "order intake, kitchen closed ÷ bare writer",
            orders(&ours),
            orders(&other),
            Threshold::RatioAtLeast(0.60),
        ),
        row("its p99 ÷ the bare writer's", p99(&ours), p99(&other), Threshold::RatioAtMost(2.0)),
    ])
}

/// Each round on a fresh database, so that neither side works on more history than the other.
fn our_intake(bench: &Bench) -> anyhow::Result<Outcome> {
    let service = bench.service(&no_factory()?)?;
    let site = bench.site()?;
    site.close_kitchen(&service)?;
    intake(bench, &service, &site.orders())
}

fn bare_intake(bench: &Bench) -> anyhow::Result<Outcome> {
    intake(bench, &writer::start(bench)?, &bare_orders())
}

/// For each connection the order as a bare writer takes it.
pub fn bare_orders() -> Vec<Vec<u8>> {
    let order = |diner| {
        let order = json!({ "dinerId": diner, "franchiseId": 1, "storeId": 1, "items": items() });
        request("POST", "/order", None, Some(&order.to_string()))
    };
    (1..=CONNECTIONS).map(order).collect()
}

/// Orders that are all saved and answered 202, as fast as they are answered.
pub fn intake(bench: &Bench, server: &Server, requests: &[Vec<u8>]) -> anyhow::Result<Outcome> {
    let load = Load { target: server.address, requests, warm_up: bench.warm_up(), span: bench.span };
    closed_loop(&load)?.must_all_be(202)
}

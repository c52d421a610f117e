//! P7: from the start with a backlog to its last pizza ÷ what the factory makes for somebody who does nothing else.
//!
//! The factory has ovens that take time and hardly any of our processor: a drain is to be as fast as the factory, and
//! what both could compute together is P5.

use crate::{
    bench::Bench,
    history::History,
    load::{Load, closed_loop, request},
    paced_factory,
    row::{Row, Series, Threshold},
    site::{API_KEY, items, with_factory},
};
use anyhow::bail;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use std::{
    net::SocketAddr,
    path::Path,
    thread,
    time::{Duration, Instant},
};

const BACKLOG: i64 = 100_000;
const BACKLOG_SHORT: i64 = 2_000;
/// A drain takes most of a minute, and hardly varies.
const DRAINS: usize = 3;
const OVENS: usize = 16;
const BAKING: Duration = Duration::from_millis(7);
/// The calls that the service may have in flight.
const CALLERS: usize = 32;
const LOOK_EVERY: Duration = Duration::from_millis(20);
const DRAINED_WITHIN: Duration = Duration::from_secs(600);

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let backlog = if bench.short { BACKLOG_SHORT } else { BACKLOG };
    let factory = paced_factory::start(OVENS, BAKING)?;
    let (mut ours, mut other) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds.min(DRAINS) {
        other.push(pizzas_per_second(bench, factory)?);
        ours.push(drained_per_second(bench, factory, backlog)?);
        bench.step("drained");
    }
    Ok(vec![Row {
        bar: "P7",
        what: format!("drain of {backlog} orders ÷ what the factory can make"),
        ours: Series::new("pizzas/s", ours),
        other: Some(Series::new("pizzas/s", other)),
        threshold: Threshold::RatioAtLeast(0.85),
    }])
}

fn pizzas_per_second(bench: &Bench, factory: SocketAddr) -> anyhow::Result<f64> {
    let diner = json!({ "id": 1, "name": "diner", "email": "d@jwt.com" });
    let order =
        json!({ "id": 1, "franchiseId": 1, "storeId": 1, "items": items(), "date": jiff::Timestamp::now() });
    let asked = json!({ "diner": diner, "order": order }).to_string();
    let requests = vec![request("POST", "/api/order", Some(API_KEY), Some(&asked)); CALLERS];
    let load = Load { target: factory, requests: &requests, warm_up: bench.warm_up(), span: bench.span };
    Ok(closed_loop(&load)?.must_all_be(200)?.per_second(200))
}

fn drained_per_second(bench: &Bench, factory: SocketAddr, backlog: i64) -> anyhow::Result<f64> {
    let database = bench.fresh_path("backlog.db")?;
    bench.site()?.copy_to(&database)?;
    History { orders: backlog, queued: backlog, diners: 64, franchises: 20 }.write(&database)?;
    let service = bench.site()?.serve(bench, &database, &with_factory(factory))?;
    let begun = Instant::now();
    while !is_drained(&database)? {
        if begun.elapsed() > DRAINED_WITHIN {
            bail!("the backlog was not drained within {DRAINED_WITHIN:?}");
        }
        thread::sleep(LOOK_EVERY);
    }
    drop(service);
    Ok(backlog as f64 / begun.elapsed().as_secs_f64())
}

fn is_drained(database: &Path) -> anyhow::Result<bool> {
    let db = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let any = |state: &str| {
        db.query_row(
            &format!("SELECT EXISTS (SELECT 1 FROM fulfilment WHERE state = '{state}')"),
            [],
            |row| row.get::<_, bool>(0),
        )
    };
    Ok(!any("queued")? && !any("making")?)
}

//! P12: orders and history pages when ten million orders were placed by a million people, and a million wait ÷ when
//! there were ten thousand.

use super::p03_intake::intake;
use crate::{
    bench::Bench,
    history::History,
    load::{Load, closed_loop},
    row::{Row, Series, Threshold},
    site::{Settings, Site, no_factory},
};
use std::{fs, path::PathBuf};

const MANY: i64 = 10_000_000;
const FEW: i64 = 10_000;
/// How much less `--short` has.
const SHORTER_BY: i64 = 100;

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let shorter_by = if bench.short { SHORTER_BY } else { 1 };
    let (many, few) = (MANY / shorter_by, FEW / shorter_by);
    let (many_path, few_path) = (database(bench, many)?, database(bench, few)?);
    let (many_site, few_site) = (Site::again(bench, many_path)?, Site::again(bench, few_path)?);
    let (pages_of_many, pages_of_few) =
        bench.in_turns(|| pages(bench, &many_site), || pages(bench, &few_site))?;
    let (orders_of_many, orders_of_few) =
        bench.in_turns(|| orders(bench, &many_site), || orders(bench, &few_site))?;
    let row = |what: &str, unit, ours: Vec<f64>, other: Vec<f64>| Row {
        bar: "P12",
        what: format!("{what}, {many} orders ÷ {few}"),
        ours: Series::new(unit, ours),
        other: Some(Series::new(unit, other)),
        threshold: Threshold::RatioAtLeast(0.80),
    };
    Ok(vec![
        row("history page", "pages/s", pages_of_many, pages_of_few),
        row("order intake", "orders/s", orders_of_many, orders_of_few),
    ])
}

/// So many orders, ten of each diner, of which every tenth order waits. Large ones are kept for later runs.
pub fn database(bench: &Bench, orders: i64) -> anyhow::Result<PathBuf> {
    let seed = bench.site()?;
    let make = |path: &std::path::Path| {
        bench.step(&format!("writing a history of {orders} orders"));
        seed.copy_to(path)?;
        History { orders, queued: orders / 10, diners: orders / 10, franchises: 100 }.write(path)
    };
    if bench.short {
        let path = bench.fresh_path("history.db")?;
        make(&path)?;
        return Ok(path);
    }
    let kept = bench.kept(&format!("orders-{orders}.db"), make)?;
    if orders > FEW {
        return Ok(kept);
    }
    // What is measured writes into it.
    let path = bench.fresh_path("history.db")?;
    fs::copy(kept, &path)?;
    Ok(path)
}

fn pages(bench: &Bench, site: &Site) -> anyhow::Result<f64> {
    let service = site.serve_own(bench, &without_a_limit()?)?;
    let requests = site.for_each_diner("GET", "/api/order", None);
    let load =
        Load { target: service.address, requests: &requests, warm_up: bench.warm_up(), span: bench.span };
    Ok(closed_loop(&load)?.must_all_be(200)?.per_second(200))
}

fn orders(bench: &Bench, site: &Site) -> anyhow::Result<f64> {
    let service = site.serve_own(bench, &without_a_limit()?)?;
    site.close_kitchen(&service)?;
    Ok(intake(bench, &service, &site.orders())?.per_second(202))
}

/// A million orders wait already.
fn without_a_limit() -> anyhow::Result<Settings> {
    Ok(no_factory()?.into_iter().chain([("ORDERS__QUEUE_LIMIT", "100000000".to_owned())]).collect())
}

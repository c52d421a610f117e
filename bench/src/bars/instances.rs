//! Several instances on one database: what they take in together, on one MariaDB server and on a Galera cluster of
//! three nodes, each instance on a node of its own. Everything shares this machine's cores, so this shows what
//! instances cost each other, not what further machines would bring.

use super::p04_mariadb;
use crate::{
    bench::Bench,
    load::{Load, closed_loop},
    process::Server,
    row::{Row, Series, Threshold},
    site::{Database, Site, no_factory},
};
use anyhow::anyhow;
use std::thread;
use test_mariadb::Galera;

const MOST: usize = 3;

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let server = p04_mariadb::server(bench)?;
    for instances in 1..=MOST {
        let database = server.fresh_database();
        let urls = vec![server.url(&database); instances];
        rows.push(row(bench, "one MariaDB server", &urls)?);
    }
    drop(server);
    let cluster = Galera::start()?;
    for instances in 1..=MOST {
        let database = cluster.fresh_database();
        let urls: Vec<_> = (0..instances).map(|node| cluster.url(&database, node)).collect();
        rows.push(row(bench, "a Galera cluster of three, in memory", &urls)?);
    }
    Ok(rows)
}

fn row(bench: &Bench, on: &str, urls: &[String]) -> anyhow::Result<Row> {
    let site = Site::on(bench, Database::Url(urls[0].clone()))?;
    let no_factory = no_factory()?;
    let services = urls
        .iter()
        .map(|url| site.serve_on(bench, &Database::Url(url.clone()), &no_factory))
        .collect::<anyhow::Result<Vec<_>>>()?;
    services.iter().try_for_each(|service| site.close_kitchen(service))?;
    let rounds = (0..bench.rounds).map(|_| orders_per_second(bench, &services, &site.orders()));
    let orders = rounds.collect::<anyhow::Result<Vec<_>>>()?;
    let what = format!("order intake of {} on {on}", counted(urls.len()));
    let ours = Series::new("orders/s", orders);
    bench.step(&format!("{what}: {:.0} orders/s", ours.median()));
    Ok(Row { bar: "instances", what, ours, other: None, threshold: Threshold::Anything })
}

fn counted(instances: usize) -> String {
    if instances == 1 { "1 instance".to_owned() } else { format!("{instances} instances") }
}

/// Each has its share of the connections.
fn orders_per_second(bench: &Bench, services: &[Server], orders: &[Vec<u8>]) -> anyhow::Result<f64> {
    let share = orders.len().div_ceil(services.len());
    thread::scope(|scope| {
        let load = |(service, requests): (&Server, _)| {
            let load = Load { target: service.address, requests, warm_up: bench.warm_up(), span: bench.span };
            scope.spawn(move || Ok(closed_loop(&load)?.must_all_be(202)?.per_second(202)))
        };
        let loads: Vec<_> = services.iter().zip(orders.chunks(share)).map(load).collect();
        loads.into_iter().map(|load| load.join().map_err(|_| anyhow!("the generator panicked"))?).sum()
    })
}

//! P11: throughput while traces, logs and metrics go to a collector ÷ while they go nowhere.

use super::p03_intake::intake;
use crate::{
    bench::{Bench, CONNECTIONS},
    load::{Load, closed_loop, request},
    process::Server,
    row::{Row, Series, Threshold},
    site::{Settings, no_factory},
};
use axum::{Router, body::Bytes};
use std::{
    net::{Ipv4Addr, SocketAddr},
    thread,
};

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let collector = collector()?;
    let on = || {
        let settings = no_factory()?.into_iter();
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{collector}"));
        anyhow::Ok(settings.chain([endpoint]).collect::<Settings>())
    };
    let row = |what: &str, unit, ours: Vec<f64>, other: Vec<f64>| Row {
        bar: "P11",
        what: format!("{what}, OTLP on ÷ off"),
        ours: Series::new(unit, ours),
        other: Some(Series::new(unit, other)),
        threshold: Threshold::RatioAtLeast(0.95),
    };
    let menu = |settings: Settings| menu(bench, &bench.service(&settings)?);
    let (menu_on, menu_off) = bench.in_turns(|| menu(on()?), || menu(no_factory()?))?;
    let orders = |settings| orders(bench, &settings);
    let (orders_on, orders_off) = bench.in_turns(|| orders(on()?), || orders(no_factory()?))?;
    Ok(vec![
        row("GET menu", "req/s", menu_on, menu_off),
        row("order intake, kitchen closed", "orders/s", orders_on, orders_off),
    ])
}

fn menu(bench: &Bench, service: &Server) -> anyhow::Result<f64> {
    let requests = vec![request("GET", "/api/order/menu", None, None); CONNECTIONS];
    let load =
        Load { target: service.address, requests: &requests, warm_up: bench.warm_up(), span: bench.span };
    Ok(closed_loop(&load)?.must_all_be(200)?.per_second(200))
}

fn orders(bench: &Bench, settings: &Settings) -> anyhow::Result<f64> {
    let service = bench.service(settings)?;
    let site = bench.site()?;
    site.close_kitchen(&service)?;
    Ok(intake(bench, &service, &site.orders())?.per_second(202))
}

/// Takes everything and keeps nothing, on a thread that ends with the program.
fn collector() -> anyhow::Result<SocketAddr> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr()?;
    // An empty answer is a whole one: every part of it is optional.
    let routes =
        Router::new().fallback(async |_: Bytes| ()).layer(axum::extract::DefaultBodyLimit::disable());
    thread::spawn(move || runtime.block_on(axum::serve(listener, routes).into_future()));
    Ok(address)
}

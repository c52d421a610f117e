//! P1: GET menu with everything on (sessions, metrics, logs at info) ÷ a bare server's hello.

use crate::{
    bench::{Bench, CONNECTIONS},
    load::{Load, closed_loop, request},
    naked::hello,
    process::Server,
    row::{Row, Series, Threshold},
    site::no_factory,
};

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let service = bench.service(&no_factory()?)?;
    let menu = vec![request("GET", "/api/order/menu", None, None); CONNECTIONS];
    let (ours, other) = beside_hello(bench, &service, &menu)?;
    let what = "GET menu ÷ bare hello".to_owned();
    Ok(vec![Row { bar: "P1", what, ours, other: Some(other), threshold: Threshold::RatioAtLeast(0.70) }])
}

/// Answers a second: of ours to these requests, and of a bare server to as many connections.
pub fn beside_hello(
    bench: &Bench,
    service: &Server,
    requests: &[Vec<u8>],
) -> anyhow::Result<(Series, Series)> {
    let hello = hello::start(bench)?;
    let greetings = vec![request("GET", "/", None, None); requests.len()];
    let answers = |server: &Server, requests: &[Vec<u8>]| {
        let load = Load { target: server.address, requests, warm_up: bench.warm_up(), span: bench.span };
        Ok(closed_loop(&load)?.must_all_be(200)?.per_second(200))
    };
    let (ours, other) = bench.in_turns(|| answers(service, requests), || answers(&hello, &greetings))?;
    Ok((Series::new("req/s", ours), Series::new("req/s", other)))
}

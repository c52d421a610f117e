//! P9: memory, idle after the start, and at its peak after the loads of P1 to P5 on one process.

use crate::{
    bench::{Bench, CONNECTIONS},
    load::{Load, closed_loop, request},
    process::Server,
    row::{Row, Series, Threshold},
    site::{self, with_factory},
};
use std::{thread, time::Duration};

const MEGABYTE: f64 = 1e6;
/// After that nothing of the start is under way any more.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let (mut idle, mut own, mut peak) = (Vec::new(), Vec::new(), Vec::new());
    let factory = site::factory(bench, 2048)?;
    let service = bench.service(&with_factory(factory.address))?;
    thread::sleep(if bench.short { Duration::ZERO } else { SETTLED_AFTER });
    idle.push(service.memory()? as f64 / MEGABYTE);
    own.push(service.own_memory()? as f64 / MEGABYTE);
    load_in_every_way(bench, &service, factory)?;
    peak.push(service.peak_memory()? as f64 / MEGABYTE);
    let row = |what: &str, megabytes, threshold| Row {
        bar: "P9",
        what: what.to_owned(),
        ours: Series::new("MB", megabytes),
        other: None,
        threshold,
    };
    Ok(vec![
        row("memory, idle after the start", idle, Threshold::AtMost(25.0)),
        row("of that its own, without its program", own, Threshold::Anything),
        row("memory, at its peak after all loads", peak, Threshold::AtMost(80.0)),
    ])
}

fn load_in_every_way(bench: &Bench, service: &Server, factory: Server) -> anyhow::Result<()> {
    let site = bench.site()?;
    let run = |what: &str, requests: &[Vec<u8>]| {
        bench.step(what);
        closed_loop(&Load { target: service.address, requests, warm_up: Duration::ZERO, span: bench.span })
    };
    run("menu", &vec![request("GET", "/api/order/menu", None, None); CONNECTIONS])?.must_all_be(200)?;
    run("sessions", &site.for_each_diner("GET", "/api/user/me", None))?.must_all_be(200)?;
    run("pizzas", &site.orders())?;
    drop(factory);
    site.close_kitchen(service)?;
    run("orders while the kitchen is closed", &site.orders())?.must_all_be(202)?;
    Ok(())
}

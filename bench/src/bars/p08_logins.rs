//! P8: logins ÷ what argon2id allows, and orders during a flood of logins ÷ without it.

use super::p03_intake::intake;
use crate::{
    bench::{Bench, CONNECTIONS},
    load::{Load, Outcome, closed_loop, request},
    row::{Row, Series, Threshold},
    site::no_factory,
};
use anyhow::anyhow;
use argon2::{Argon2, Block};
use serde_json::json;
use std::{
    thread,
    time::{Duration, Instant},
};

/// As many as the service has: one for each core.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Enough that no hashing thread waits for work, and none is turned away.
const LOGGING_IN: usize = 16;

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let service = bench.service(&no_factory()?)?;
    let load =
        |requests| Load { target: service.address, requests, warm_up: bench.warm_up(), span: bench.span };
    let requests = logins(LOGGING_IN);
    let logged_in = || Ok(closed_loop(&load(&requests))?.must_all_be(200)?.per_second(200));
    let (logged_in, hashed) = bench.in_turns(logged_in, || hashes_per_second(bench.span))?;
    drop(service);
    let (flooded, calm) = bench.in_turns(|| intake_in_a_flood(bench), || calm_intake(bench))?;
    let orders =
        |side: &[Outcome]| Series::new("orders/s", side.iter().map(|outcome| outcome.per_second(202)));
    Ok(vec![
        Row {
            bar: "P8",
            what: "logins ÷ argon2id on as many threads".to_owned(),
            ours: Series::new("logins/s", logged_in),
            other: Some(Series::new("hashes/s", hashed)),
            threshold: Threshold::RatioAtLeast(0.90),
        },
        Row {
            bar: "P8",
            what: format!("order intake while {CONNECTIONS} log in again and again ÷ without"),
            ours: orders(&flooded),
            other: Some(orders(&calm)),
            threshold: Threshold::RatioAtLeast(0.60),
        },
    ])
}

fn logins(connections: usize) -> Vec<Vec<u8>> {
    let login = |diner: usize| {
        let account = json!({ "email": format!("d{}@jwt.com", diner % CONNECTIONS), "password": "diner" });
        request("PUT", "/api/auth", None, Some(&account.to_string()))
    };
    (0..connections).map(login).collect()
}

fn calm_intake(bench: &Bench) -> anyhow::Result<Outcome> {
    let service = bench.service(&no_factory()?)?;
    let site = bench.site()?;
    site.close_kitchen(&service)?;
    intake(bench, &service, &site.orders())
}

fn intake_in_a_flood(bench: &Bench) -> anyhow::Result<Outcome> {
    let service = bench.service(&no_factory()?)?;
    let site = bench.site()?;
    site.close_kitchen(&service)?;
    let logins = logins(CONNECTIONS);
    let flood =
        Load { target: service.address, requests: &logins, warm_up: bench.warm_up(), span: bench.span };
    thread::scope(|scope| {
        let flood = scope.spawn(|| closed_loop(&flood));
        let orders = intake(bench, &service, &site.orders());
        flood.join().map_err(|_| anyhow!("the flood panicked"))??.must_all_be(200)?;
        orders
    })
}

/// argon2id as the service sets it, in memory that each thread keeps.
fn hashes_per_second(span: Duration) -> anyhow::Result<f64> {
    let hash_for_a_while = || -> anyhow::Result<f64> {
        let argon2 = Argon2::default();
        let mut memory = vec![Block::new(); argon2.params().block_count()];
        let mut output = [0; 32];
        let (begun, mut hashes) = (Instant::now(), 0_u32);
        while begun.elapsed() < span {
            argon2
                .hash_password_into_with_memory(b"diner", b"sixteen bytes of", &mut output, &mut memory)
                .map_err(|error| anyhow!("nothing was hashed: {error}"))?;
            hashes += 1;
        }
        Ok(f64::from(hashes) / begun.elapsed().as_secs_f64())
    };
    thread::scope(|scope| {
        let hashing: Vec<_> = (0..threads()).map(|_| scope.spawn(hash_for_a_while)).collect();
        let each =
            hashing.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("hashing panicked"))?);
        each.sum()
    })
}

//! P2: GET /api/user/me, which checks a session that could be logged out any time ÷ a bare server's hello.

use super::p01_menu::beside_hello;
use crate::{
    bench::Bench,
    row::{Row, Threshold},
    site::no_factory,
};

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let service = bench.service(&no_factory()?)?;
    let me = bench.site()?.for_each_diner("GET", "/api/user/me", None);
    let (ours, other) = beside_hello(bench, &service, &me)?;
    let what = "GET user/me ÷ bare hello".to_owned();
    Ok(vec![Row { bar: "P2", what, ours, other: Some(other), threshold: Threshold::RatioAtLeast(0.55) }])
}

//! P4: as P3, on MariaDB with its files on a disk ÷ a bare writer there that saves with multi-row INSERTs.

use super::p03_intake::{bare_orders, intake};
use crate::{
    bench::Bench,
    load::Outcome,
    naked::mariadb,
    row::{Row, Series, Threshold},
    site::{Database, Site, no_factory},
};
use anyhow::Context;
use test_mariadb::MariaDb;

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let server = server(bench)?;
    let (ours, other) = bench.in_turns(|| ours(bench, &server), || bare(bench, &server))?;
    let orders =
        |side: &[Outcome]| Series::new("orders/s", side.iter().map(|outcome| outcome.per_second(202)));
    Ok(vec![Row {
        bar: "P4",
        what: "order intake on MariaDB, kitchen closed ÷ bare writer".to_owned(),
        ours: orders(&ours),
        other: Some(orders(&other)),
        threshold: Threshold::RatioAtLeast(0.50),
    }])
}

/// A server whose files are on the disk, as durable as can be.
pub fn server(bench: &Bench) -> anyhow::Result<MariaDb> {
    let file = bench.fresh_path("mariadb")?;
    let folder = file.parent().context("a file is in a folder")?;
    MariaDb::start_in(folder, &["--innodb-flush-log-at-trx-commit=1"])
}

/// Each round on a fresh database, so that neither side works on more history than the other.
fn ours(bench: &Bench, server: &MariaDb) -> anyhow::Result<Outcome> {
    let site = Site::on(bench, Database::Url(server.url(&server.fresh_database())))?;
    let service = site.serve_own(bench, &no_factory()?)?;
    site.close_kitchen(&service)?;
    intake(bench, &service, &site.orders())
}

fn bare(bench: &Bench, server: &MariaDb) -> anyhow::Result<Outcome> {
    let writer = mariadb::start(bench, &server.url(&server.fresh_database()))?;
    intake(bench, &writer, &bare_orders())
}

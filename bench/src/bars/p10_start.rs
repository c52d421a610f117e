//! P10: from the start of the process to the first 200 of /readyz.

use crate::{
    bench::Bench,
    row::{Row, Series, Threshold},
    site::no_factory,
};
use anyhow::Context;
use rusqlite::{Connection, Transaction, params};
use std::path::Path;

const ORDERS: i64 = 1_000_000;
const QUEUED: i64 = 100_000;
/// How much less `--short` has.
const SHORTER_BY: i64 = 1000;

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let empty = starts(bench, || bench.fresh_path("empty.db"))?;
    let shorter_by = if bench.short { SHORTER_BY } else { 1 };
    let (orders, queued) = (ORDERS / shorter_by, QUEUED / shorter_by);
    bench.step(&format!("writing a history of {orders} orders, {queued} of them queued"));
    let long = bench.fresh_path("history.db")?;
    bench.site()?.copy_to(&long)?;
    write_history(&long, orders, queued)
        .context("the history does not fit the store's schema any more: change it with the migrations")?;
    let with_history = starts(bench, || Ok(long.clone()))?;
    let row = |what: String, milliseconds, bar| Row {
        bar: "P10",
        what,
        ours: Series::new("ms", milliseconds),
        other: None,
        threshold: Threshold::AtMost(bar),
    };
    Ok(vec![
        row("start to ready, empty database".to_owned(), empty, 100.0),
        row(format!("start to ready, {orders} orders, {queued} queued"), with_history, 300.0),
    ])
}

fn starts(
    bench: &Bench,
    database: impl Fn() -> anyhow::Result<std::path::PathBuf>,
) -> anyhow::Result<Vec<f64>> {
    let start = |_| {
        let service = bench.site()?.serve(bench, &database()?, &no_factory()?)?;
        Ok(service.ready_after.as_secs_f64() * 1e3)
    };
    (0..bench.rounds).map(start).collect()
}

/// Orders of 64 diners, two pizzas each; the last ones queued, the others fulfilled. Their pizzas are shorter than
/// real ones, which no start reads.
fn write_history(database: &Path, orders: i64, queued: i64) -> anyhow::Result<()> {
    let mut connection = Connection::open(database)?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    let transaction = connection.transaction()?;
    let now = jiff::Timestamp::now().as_millisecond();
    let fulfilled = orders - queued;
    write_orders(&transaction, orders, now - orders)?;
    write_fulfilments(&transaction, fulfilled)?;
    transaction.commit()?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

fn write_orders(db: &Transaction<'_>, orders: i64, first_at: i64) -> rusqlite::Result<()> {
    db.execute(
        "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)
         INSERT INTO diner_order (id, diner_id, franchise_id, store_id, date)
         SELECT n, n % 64 + 1, 1, 1, ?2 + n FROM number",
        params![orders, first_at],
    )?;
    db.execute(
        "INSERT INTO order_item (order_id, number, menu_id, description, price)
         SELECT id, item.column1, item.column1 + 1, 'Veggie', 380000 FROM diner_order, (VALUES (0), (1)) AS item",
        [],
    )?;
    Ok(())
}

fn write_fulfilments(db: &Transaction<'_>, fulfilled: i64) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO fulfilment (order_id, state, version, franchise_id, queued_at, due_at, attempts, strikes,
             fulfilled_at, diner_name, diner_email)
         SELECT id, iif(id <= ?1, 'fulfilled', 'queued'), iif(id <= ?1, 2, 1), franchise_id, date, date,
             id <= ?1, 0, iif(id <= ?1, date + 5, NULL), 'diner', 'd@jwt.com'
         FROM diner_order",
        [fulfilled],
    )?;
    db.execute(
        "INSERT INTO order_event (order_id, number, state, at)
         SELECT id, 1, iif(id <= ?1, 'making', 'queued'), date FROM diner_order
         UNION ALL SELECT id, 2, 'fulfilled', date + 5 FROM diner_order WHERE id <= ?1",
        [fulfilled],
    )?;
    db.execute(
        "INSERT INTO pizza (order_id, jwt) SELECT id, hex(randomblob(50)) FROM diner_order WHERE id <= ?1",
        [fulfilled],
    )?;
    Ok(())
}

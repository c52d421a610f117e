//! P10: from the start of the process to the first 200 of /readyz.

use crate::{
    bench::{Bench, CONNECTIONS},
    history::History,
    row::{Row, Series, Threshold},
    site::no_factory,
};

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
    History { orders, queued, diners: CONNECTIONS as i64, franchises: 1 }.write(&long)?;
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

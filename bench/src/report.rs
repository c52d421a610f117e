//! The result, for people and for programs.

use crate::{
    bench::{Bench, CONNECTIONS},
    row::{Row, Series, Threshold},
};
use anyhow::Context;
use serde_json::{Value, json};
use std::{fmt::Write, fs, path::Path, thread::available_parallelism};

/// Everything that was measured in one run.
pub struct Report {
    /// One line each.
    pub rows: Vec<Row>,
    about: Value,
}

impl Report {
    /// Nothing measured yet.
    pub fn new(bench: &Bench) -> Self {
        let about = json!({
            "at": jiff::Timestamp::now(),
            "cpu": cpu(),
            "cores": available_parallelism().map_or(0, usize::from),
            "connections": CONNECTIONS,
            "rounds": bench.rounds,
            "seconds": bench.span.as_secs_f64(),
            "short": bench.short,
            "full": bench.full,
        });
        Self { rows: Vec::new(), about }
    }

    /// A table of medians, with the spread of what the bar is about.
    pub fn table(&self) -> String {
        let mut cells =
            vec![["bar", "what", "ours", "other side", "result", "spread", "bar", ""].map(str::to_owned)];
        cells.extend(self.rows.iter().map(cells_of));
        let widths: Vec<_> = (0..cells[0].len())
            .map(|column| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
            .collect();
        let mut table = String::new();
        for row in &cells {
            for (cell, &width) in row.iter().zip(&widths) {
                // Writing to a string cannot fail.
                let _ = write!(table, "{cell:width$}  ");
            }
            table.truncate(table.trim_end().len());
            table.push('\n');
        }
        table
    }

    /// The same as JSON, with each round's figures.
    pub fn write_json(&self, path: &Path) -> anyhow::Result<()> {
        let rows: Vec<_> = self.rows.iter().map(json_of).collect();
        let text = serde_json::to_string_pretty(&json!({ "run": self.about, "rows": rows }))?;
        fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
    }
}

fn cells_of(row: &Row) -> [String; 8] {
    let judged = row.judged();
    let (least, most) = judged.spread();
    [
        row.bar.to_owned(),
        row.what.clone(),
        with_unit(&row.ours),
        row.other.as_ref().map(with_unit).unwrap_or_default(),
        with_unit(&judged),
        format!("{}–{}", figure(least), figure(most)),
        bar_of(row),
        match (row.threshold, row.is_met()) {
            (Threshold::Anything, true) => "",
            (_, true) => "met",
            (_, false) => "MISSED",
        }
        .to_owned(),
    ]
}

fn json_of(row: &Row) -> Value {
    let series = |series: &Series| {
        let (min, max) = series.spread();
        json!({
            "unit": series.unit, "median": series.median(), "min": min, "max": max, "rounds": series.rounds,
        })
    };
    json!({
        "bar": row.bar,
        "what": row.what,
        "ours": series(&row.ours),
        "other": row.other.as_ref().map(series),
        "result": series(&row.judged()),
        "threshold": bar_of(row),
        "met": row.is_met(),
    })
}

fn bar_of(row: &Row) -> String {
    match row.threshold {
        Threshold::AtLeast(bar) => format!("≥ {} {}", figure(bar), row.ours.unit),
        Threshold::AtMost(bar) => format!("≤ {} {}", figure(bar), row.ours.unit),
        Threshold::RatioAtLeast(bar) => format!("≥ {bar:.2}"),
        Threshold::RatioAtMost(bar) => format!("≤ {bar:.2}"),
        Threshold::Anything => String::new(),
    }
}

fn with_unit(series: &Series) -> String {
    format!("{} {}", figure(series.median()), series.unit).trim_end().to_owned()
}

/// Three digits are all that such a measurement is worth.
fn figure(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || value == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name"));
    model.and_then(|rest| rest.split_once(':')).map_or("unknown", |(_, name)| name.trim()).to_owned()
}

//! `pizza drill compare`.

use super::table;
use anyhow::{Context, ensure};
use clap::Args;
use drill::{DrillResult, VERSION, chart_of_two, png};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Show the results of two drills side by side.
#[derive(Args)]
pub struct Compare {
    /// The result.json of one.
    a: PathBuf,
    /// The result.json of the other.
    b: PathBuf,
    /// Where both charts are drawn: an SVG, and a PNG beside it.
    #[arg(long, default_value = "compare.svg", value_name = "FILE")]
    chart: PathBuf,
}

impl Compare {
    pub fn run(self) -> anyhow::Result<()> {
        let (a, b) = (read(&self.a)?, read(&self.b)?);
        let mut figures = table::figures(&[&a, &b]);
        figures.set_header(["".to_owned(), name(&self.a, &a), name(&self.b, &b)]);
        println!("{figures}");
        if a.scenario != b.scenario {
            println!("\nThey are different drills: {} and {}.", a.scenario, b.scenario);
        }
        let chart = chart_of_two(&a, &b);
        println!();
        for (extension, content) in [("png", png(&chart)?), ("svg", chart.into_bytes())] {
            let file = self.chart.with_extension(extension);
            fs::write(&file, content).with_context(|| format!("{} cannot be written", file.display()))?;
            println!("{}", file.display());
        }
        Ok(())
    }
}

fn name(file: &Path, result: &DrillResult) -> String {
    format!("{} ({}, {}×)", file.display(), result.subject, result.speed)
}

fn read(file: &Path) -> anyhow::Result<DrillResult> {
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let version: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("{} is no result of a drill", file.display()))?;
    let found = &version["version"];
    ensure!(*found == VERSION, "{} is of version {found}, and this program knows {VERSION}", file.display());
    serde_json::from_str(&text).with_context(|| format!("{} is no result of a drill", file.display()))
}

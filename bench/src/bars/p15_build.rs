//! P15: how long people wait for the compiler: a release from nothing, and the tests of `service` after a change.

use crate::{
    bench::Bench,
    row::{Row, Series, Threshold},
};
use anyhow::{Context, bail};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
    time::{Instant, SystemTime},
};

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = bench.fresh_path("target")?;
    bench.step("a release build from nothing");
    let release = seconds(&workspace, &target, &["build", "--release", "-p", "pizza"])?;
    bench.step("the tests of service, before the change");
    let tests = ["test", "-p", "service", "--lib", "--no-run"];
    seconds(&workspace, &target, &tests)?;
    bench.step("the same after it");
    // Cargo goes by the time of the last change, not by what changed.
    let changed = workspace.join("crates/service/src/lib.rs");
    let file = File::options().append(true).open(&changed);
    file.with_context(|| format!("{} is not here any more", changed.display()))?
        .set_modified(SystemTime::now())?;
    let change = seconds(&workspace, &target, &tests)?;
    let row = |what: &str, took, bar| Row {
        bar: "P15",
        what: what.to_owned(),
        ours: Series::new("s", [took]),
        other: None,
        threshold: Threshold::AtMost(bar),
    };
    Ok(vec![
        row("release build from nothing", release, 360.0),
        row("a change in service to its unit tests, ready to run", change, 20.0),
    ])
}

fn seconds(workspace: &Path, target: &PathBuf, arguments: &[&str]) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let mut cargo = Command::new("cargo");
    cargo.current_dir(workspace).args(arguments).args(["--locked", "--quiet", "--target-dir"]).arg(target);
    let status = cargo.status().context("cargo does not start")?;
    if !status.success() {
        bail!("cargo {} failed: {status}", arguments.join(" "));
    }
    Ok(begun.elapsed().as_secs_f64())
}

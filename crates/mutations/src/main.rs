//! `cargo run -p mutations`: tries every break of the table and writes what came of it as Markdown.

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use mutations::{Catch, Mutation, Suite, Table, TestRun, Tree, markdown};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

/// Breaks the program on purpose, in a copy, and demands that a named test notices.
#[derive(Parser)]
struct Options {
    /// Only these rows, by name or the beginning of one.
    #[arg(long)]
    only: Vec<String>,
    /// Where the copy and its build go.
    #[arg(long, default_value = "target/mutations")]
    scratch: PathBuf,
    /// Where the Markdown table goes, besides standard output.
    #[arg(long)]
    markdown: Option<PathBuf>,
    /// How many seconds one test may run.
    #[arg(long, default_value_t = 300)]
    patience: u64,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let table = Table::read(&workspace.join("crates/mutations/mutations.toml"))?;
    let defects = table.defects(&workspace);
    ensure!(defects.is_empty(), "the table does not fit the tree: {defects:?}");
    let chosen = chosen(table, &options.only)?;

    let scratch = workspace.join(&options.scratch);
    let tree = Tree::copy(&workspace, &scratch.join("tree"))?;
    let suite = Suite {
        root: tree.root().to_owned(),
        target: scratch.join("target"),
        patience: Duration::from_secs(options.patience),
    };
    suite.check()?;
    unbroken(&suite, &chosen)?;

    let mut catches = Vec::new();
    for mutation in chosen {
        let catch = try_out(&tree, &suite, mutation)?;
        println!("{:>4.0} s  {}: {}", catch.took.as_secs_f64(), catch.mutation.name, catch.verdict());
        catches.push(catch);
    }
    let table = markdown(&catches);
    println!("\n{table}");
    if let Some(file) = options.markdown {
        std::fs::write(&file, table).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(if catches.iter().all(Catch::caught) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chosen(table: Table, only: &[String]) -> Result<Vec<Mutation>> {
    let wanted = |mutation: &Mutation| {
        only.is_empty() || only.iter().any(|name| mutation.name.starts_with(name.as_str()))
    };
    let chosen: Vec<_> = table.mutations.into_iter().filter(wanted).collect();
    ensure!(!chosen.is_empty(), "no row of that name");
    Ok(chosen)
}

/// A test that fails anyway would catch everything.
fn unbroken(suite: &Suite, mutations: &[Mutation]) -> Result<()> {
    let mut programs: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for Mutation { package, program, test, .. } in mutations {
        programs.entry((package, program)).or_default().insert(test.as_str());
    }
    for ((package, program), tests) in programs {
        let (begun, tests) = (Instant::now(), Vec::from_iter(tests));
        let run = suite.run(package, program, &tests)?;
        println!(
            "{:>4.0} s  unbroken: {package} {program}, {} tests",
            begun.elapsed().as_secs_f64(),
            tests.len()
        );
        if run != TestRun::Passed {
            bail!("{package} {program} does not pass {tests:?} on what is not broken: {run:?}");
        }
    }
    Ok(())
}

fn try_out(tree: &Tree, suite: &Suite, mutation: Mutation) -> Result<Catch> {
    let begun = Instant::now();
    let files = tree.break_with(&mutation)?;
    let run = suite.run(&mutation.package, &mutation.program, &[&mutation.test]);
    // Whatever came of it, the next row begins with a tree that is whole.
    files.iter().try_for_each(|file| tree.refresh(file))?;
    Ok(Catch { run: run?, mutation, took: begun.elapsed() })
}

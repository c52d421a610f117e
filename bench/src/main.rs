//! Measures the bars of docs/performance.md: our side and the other side in one run, on this machine.

mod bars;
mod bench;
mod chart;
mod history;
mod load;
mod micro;
mod naked;
mod paced_factory;
mod process;
mod report;
mod row;
mod site;

use crate::{bars::Bar, bench::Bench, report::Report};
use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// Measures how fast we are, as ratios: our side and a bare one take turns on this machine, in one run.
///
/// Build both programs first, then measure everything or the bars you name:
///
///   cargo build --release -p pizza -p bench
///   target/release/bench
///   target/release/bench P1 P3 --rounds 3 --seconds 2
///   target/release/bench P14 --full
///   target/release/bench scale instances micro P15
///
/// Leave the machine alone meanwhile: its speed drifts, which the ratios of alternating rounds forgive, but a
/// compiler on one of two cores they do not.
#[derive(Parser)]
#[command(name = "bench", version, args_conflicts_with_subcommands = true, verbatim_doc_comment)]
struct Cli {
    #[command(flatten)]
    measure: Measure,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Args)]
struct Measure {
    /// Which bars to measure, like P1 P3; all of them when none is named, but for those that take very long: P15, how
    /// the cost grows with the data (scale), instances on one database (instances), and instructions (micro).
    #[arg(value_parser = bars::named, value_name = "BAR")]
    bars: Vec<&'static Bar>,
    /// Rounds, in each of which both sides have their turn. The table shows the median and the spread.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// How long a side is measured in a round, after a warm-up of a fifth of it.
    #[arg(long, default_value_t = 2.0, value_parser = seconds, value_name = "SECONDS")]
    seconds: f64,
    /// Write the results to this file too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the results into this file too, as SVG.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// One short round of everything, to see that it runs. Fails only when a figure misses its bar ten times over.
    #[arg(long, conflicts_with_all = ["rounds", "seconds", "full"])]
    short: bool,
    /// Run the outage of P14 in real time: 12 minutes instead of a scaled-down 12 seconds.
    #[arg(long)]
    full: bool,
    /// Where databases are written meanwhile: on a real disk, or durable writes cost nothing. The program's own
    /// folder when it is not given.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// The bare servers that ours are measured against, and what instructions are counted of. The bench starts them itself.
#[derive(Subcommand)]
enum Part {
    /// Answer every GET / with a little JSON.
    NakedHello {
        /// The port to listen on, on loopback.
        #[arg(long)]
        port: u16,
    },
    /// Save every POST /order durably, many in one commit, and do nothing else.
    NakedWriter {
        /// The port to listen on, on loopback.
        #[arg(long)]
        port: u16,
        /// The SQLite file, made new.
        #[arg(long)]
        database: PathBuf,
    },
    /// The same on MariaDB.
    NakedMariadbWriter {
        /// The port to listen on, on loopback.
        #[arg(long)]
        port: u16,
        /// The URL of an empty database.
        #[arg(long)]
        url: String,
    },
    /// Take one of the small steps again and again.
    MicroStep {
        /// Its name.
        step: String,
        /// How often.
        times: u64,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    match cli.part {
        Some(Part::NakedHello { port }) => naked::hello::run(port).map(|()| ExitCode::SUCCESS),
        Some(Part::NakedWriter { port, database }) => {
            naked::writer::run(port, &database).map(|()| ExitCode::SUCCESS)
        }
        Some(Part::NakedMariadbWriter { port, url }) => {
            naked::mariadb::run(port, url).map(|()| ExitCode::SUCCESS)
        }
        Some(Part::MicroStep { step, times }) => bars::micro::run(&step, times).map(|()| ExitCode::SUCCESS),
        None => cli.measure.run(),
    }
}

impl Measure {
    fn run(self) -> anyhow::Result<ExitCode> {
        let mut bench = Bench::open(self.dir)?;
        if self.short {
            bench = bench.short();
        } else {
            bench.rounds = usize::from(self.rounds);
            bench.span = std::time::Duration::from_secs_f64(self.seconds);
            bench.full = self.full;
        }
        let bars = if self.bars.is_empty() { bars::ALL.iter().collect() } else { self.bars };
        let mut report = Report::new(&bench);
        for bar in bars {
            println!("{}: {}", bar.name, bar.what);
            report
                .rows
                .extend((bar.measure)(&bench).with_context(|| format!("{} was not measured", bar.name))?);
        }
        print!("\n{}", report.table());
        if let Some(path) = self.json {
            report.write_json(&path)?;
        }
        if let Some(path) = self.chart {
            chart::write(&report.rows, &path)?;
        }
        let absurd = self.short && report.rows.iter().any(row::Row::is_absurd);
        Ok(if absurd { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.1..=3600.0).contains(&seconds) { Ok(seconds) } else { Err("must be 0.1 to 3600".to_owned()) }
}

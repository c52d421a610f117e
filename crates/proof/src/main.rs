//! `proof`: tries to prove wrong that no order is lost.

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::SignedDuration;
use proof::{Cuts, DiskFull, FileSystem, Findings, Kills, Kind, Soak, Victim};
use std::{fs, path::PathBuf, time::Duration};

/// Tries to prove wrong that no order is lost, with the real program as real processes and faults that are real ones.
///
/// Each experiment starts `pizza factory` and `pizza serve` on free ports, lets diners order without mercy (open-loop,
/// with idempotency keys, some impatient, some twice at once), breaks something, and keeps every acknowledgement from
/// outside. At the end the faults are over, everything is drained, and then: every acknowledged order is fulfilled, each
/// idempotency key has one order, each order one pizza in the factory's own ledger, and it is the one that the diner is
/// shown. It ends with status 1 when a promise was broken.
///
///   cargo build --release -p pizza -p proof
///   target/release/proof kills --database sqlite --kills 200
#[derive(Parser)]
#[command(name = "proof", version, propagate_version = true, verbatim_doc_comment)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Kills(KillsCommand),
    DiskFull(DiskFullCommand),
    Cuts(CutsCommand),
    Soak(SoakCommand),
}

/// What every experiment needs.
#[derive(Args)]
struct Common {
    /// The executable of pizza [default: the one beside this program].
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// What everything random comes from: when who is killed, who orders when [default: another one each time].
    #[arg(long)]
    seed: Option<u64>,
    /// Orders a second, on average.
    #[arg(long, default_value_t = 40.0)]
    rate: f64,
    /// The folder for the figures and charts (SVG) [default: target/proof/ and the experiment's name].
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// SIGKILL at random moments under load, and a restart at once; the factory fails now and then meanwhile.
///
/// Shows how long it took from each kill until /readyz, and until the next order was acknowledged.
#[derive(Args)]
struct KillsCommand {
    /// Where orders are.
    #[arg(long, default_value = "sqlite")]
    database: Kind,
    /// How many SIGKILLs.
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// Who is killed: the service, the MariaDB server, or now one, now the other, now both at once.
    #[arg(long = "kill", default_value = "service", value_name = "VICTIM")]
    victim: Victim,
    #[command(flatten)]
    common: Common,
}

/// The SQLite file on a small disk that is full again and again, under load; needs to be root, to mount it.
///
/// While it is full, orders are refused with 503 before anything is promised and reads go on; with room it goes on by
/// itself. In every second round the service is killed while the disk is full.
#[derive(Args)]
struct DiskFullCommand {
    /// How often the disk is full.
    #[arg(long, default_value_t = 30)]
    rounds: u32,
    /// What kind of disk.
    #[arg(long, default_value = "any")]
    file_system: FileSystem,
    #[command(flatten)]
    common: Common,
}

/// The network between service and factory, and between service and database, cut (reset), clogged (a black hole),
/// half closed and slowed, at random, under load.
#[derive(Args)]
struct CutsCommand {
    /// Where orders are: the way to a MariaDB server is troubled too.
    #[arg(long, default_value = "mariadb")]
    database: Kind,
    /// How many troubles.
    #[arg(long, default_value_t = 200)]
    cuts: u32,
    #[command(flatten)]
    common: Common,
}

/// A long run at a moderate rate, with an hour's trouble at the factory: memory, open files, threads and tasks of the
/// service must not grow after the warm-up.
#[derive(Args)]
struct SoakCommand {
    /// Where orders are.
    #[arg(long, default_value = "sqlite")]
    database: Kind,
    /// How long, for example 1h.
    #[arg(long = "for", default_value = "1h", value_name = "DURATION")]
    length: SignedDuration,
    /// How often to look.
    #[arg(long, default_value = "10s", value_name = "DURATION")]
    every: SignedDuration,
    #[command(flatten)]
    common: Common,
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            done = run(Cli::parse().command) => done,
            // What was started is killed and deleted as everything is dropped.
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        }
    })
}

async fn run(command: Command) -> anyhow::Result<()> {
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{elapsed_precise} {wide_bar} {pos}/{len} {msg}")?);
    bar.enable_steady_tick(Duration::from_millis(200));
    let (name, common, findings) = match command {
        Command::Kills(KillsCommand { database, kills, victim, common }) => {
            let (program, rate, seed) = common.settled()?;
            let kills = Kills { program, database, victim, kills, rate, seed };
            (format!("kills-{database:?}-{victim:?}"), common, kills.run(&bar).await?)
        }
        Command::DiskFull(DiskFullCommand { rounds, file_system, common }) => {
            let (program, rate, seed) = common.settled()?;
            let full = DiskFull { program, file_system, rounds, rate, seed };
            (format!("disk-full-{file_system:?}"), common, full.run(&bar).await?)
        }
        Command::Cuts(CutsCommand { database, cuts, common }) => {
            let (program, rate, seed) = common.settled()?;
            let cuts = Cuts { program, database, cuts, rate, seed };
            (format!("cuts-{database:?}"), common, cuts.run(&bar).await?)
        }
        Command::Soak(SoakCommand { database, length, every, common }) => {
            let (program, rate, seed) = common.settled()?;
            let (length, every) = (length.unsigned_abs(), every.unsigned_abs());
            let soak = Soak { program, database, length, rate, every, warm_up: 0.2, seed };
            (format!("soak-{database:?}"), common, soak.run(&bar).await?)
        }
    };
    bar.finish_and_clear();
    let out = common.out.unwrap_or_else(|| PathBuf::from("target/proof").join(name.to_lowercase()));
    write(&out, &findings)?;
    println!("{}\n\n{}", findings.in_words(), out.display());
    if !findings.broken.is_empty() {
        bail!("{} promises were broken", findings.broken.len());
    }
    Ok(())
}

impl Common {
    /// Program, rate and seed; the seed is shown, so that the same can be tried again.
    fn settled(&self) -> anyhow::Result<(PathBuf, f64, u64)> {
        let beside = || anyhow::Ok(std::env::current_exe()?.with_file_name("pizza"));
        let program = self.program.clone().map_or_else(beside, Ok)?;
        let program = program
            .canonicalize()
            .with_context(|| format!("{} is not there: cargo build --release -p pizza", program.display()))?;
        if !(0.1..=10_000.0).contains(&self.rate) {
            bail!("--rate is between 0.1 and 10000");
        }
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..));
        println!("--seed {seed}");
        Ok((program, self.rate, seed))
    }
}

fn write(out: &std::path::Path, findings: &Findings) -> anyhow::Result<()> {
    fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.display()))?;
    let files = findings.files.iter().map(|(name, content)| (*name, content.clone()));
    for (name, content) in files.chain([("figures.txt", findings.in_words())]) {
        let file = out.join(name);
        fs::write(&file, content).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(())
}

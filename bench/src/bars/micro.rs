//! Instructions: of the small steps, and of whole requests in the program as it ships (checking the session, parsing
//! and pricing an order, the JSON of menu and history, the log line and the metrics of each). They are counted by
//! callgrind, so a busy machine changes nothing, and what changes is the program. Not in it: what the kernel does.

use crate::{
    bench::Bench,
    load::{Connection, request},
    micro::STEPS,
    process::free_address,
    row::{Row, Series, Threshold},
    site::no_factory,
};
use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

/// Whoever counts both and divides the difference by how many there are more counts no start and no end.
const FEW: u64 = 200;
const MANY: u64 = 1200;
const READY_WITHIN: Duration = Duration::from_secs(120);

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, _) in STEPS {
        let count = |times: u64| step_instructions(bench, name, times);
        rows.push(row(name, per_one(count)?));
    }
    let site = bench.site()?;
    let order = &site.orders()[0];
    let with_session = |path| site.for_each_diner("GET", path, None).swap_remove(0);
    let requests = [
        ("GET menu", request("GET", "/api/order/menu", None, None)),
        ("GET user/me", with_session("/api/user/me")),
        ("GET history of ten orders", with_session("/api/order")),
        ("POST order, kitchen closed", order.clone()),
    ];
    for (name, request) in &requests {
        let count = |times| request_instructions(bench, order, request, times);
        rows.push(row(name, per_one(count)?));
    }
    Ok(rows)
}

fn row(what: &str, instructions: f64) -> Row {
    Row {
        bar: "micro",
        what: what.to_owned(),
        ours: Series::new("instructions", [instructions]),
        other: None,
        threshold: Threshold::Anything,
    }
}

fn per_one(count: impl Fn(u64) -> anyhow::Result<u64>) -> anyhow::Result<f64> {
    Ok(count(MANY)?.saturating_sub(count(FEW)?) as f64 / (MANY - FEW) as f64)
}

/// Takes a step so often; for the counter.
pub fn run(step: &str, times: u64) -> anyhow::Result<()> {
    let (_, ready) = STEPS.iter().find(|(name, _)| *name == step).context("there is no such step")?;
    let mut step = ready();
    (0..times).for_each(|_| step());
    Ok(())
}

fn counted(program: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    command
}

fn step_instructions(bench: &Bench, step: &str, times: u64) -> anyhow::Result<u64> {
    let mut command = counted(bench.own());
    let output = command.args(["micro-step", step, &times.to_string()]).output();
    instructions(output.context("valgrind is not installed")?)
}

/// The kitchen is closed by ten orders, which are the history too.
fn request_instructions(bench: &Bench, order: &[u8], request: &[u8], times: u64) -> anyhow::Result<u64> {
    let database = bench.fresh_path("service.db")?;
    bench.site()?.copy_to(&database)?;
    let address = free_address()?;
    let mut command = counted(bench.pizza());
    command.args(["serve", "--port", &address.port().to_string(), "--database"]).arg(database);
    for (name, value) in no_factory()? {
        command.env(format!("PIZZA_{name}"), value);
    }
    let service = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let service = service.context("valgrind is not installed")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = runtime.block_on(async {
        let begun = Instant::now();
        let mut diner = loop {
            match Connection::open(address).await {
                Ok(diner) => break diner,
                Err(error) if begun.elapsed() > READY_WITHIN => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
        for _ in 0..10 {
            diner.exchange(order).await?;
        }
        for _ in 0..times {
            let status = diner.exchange(request).await?;
            if !matches!(status, 200 | 202) {
                bail!("the answer was {status}");
            }
        }
        Ok(())
    });
    let pid = Pid::from_raw(service.id().cast_signed()).context("a process has an id")?;
    kill_process(pid, Signal::TERM)?;
    let output = service.wait_with_output()?;
    asked?;
    instructions(output)
}

/// Callgrind says at the end: `Collected : 1234567`.
fn instructions(output: Output) -> anyhow::Result<u64> {
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    let count = collected.and_then(|(_, count)| count.split_whitespace().next()?.parse().ok());
    count.with_context(|| format!("callgrind counted nothing: {said}"))
}

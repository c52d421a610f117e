//! `pizza traffic`: synthetic diners, as a load that never ends sooner than asked nor waits for a slow service.

use crate::process::shutdown_signal;
use clap::Args;
use comfy_table::{CellAlignment, Table, presets::NOTHING};
use drill::{Habit, Load, MAX_DINERS, Outcome, Restaurant, Summary, Tally, Visit};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::SignedDuration;
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::Instant;
use url::Url;

const SHOW_EVERY: Duration = Duration::from_millis(200);

/// Send synthetic diners to an order service: they look at the menu, log in, and order pizzas.
///
/// They come at random times at the rate that you say, however slow the service is, and latency counts from when they
/// came. Ctrl-C ends it once those inside have been served.
///
/// Example: pizza traffic --target http://127.0.0.1:3000 --rate 50 --duration 30s --report
#[derive(Args)]
pub struct Traffic {
    /// The order service: ours, or any with the historic API. Several times for several instances: visits go to all in
    /// turn, and to the next where one does not answer.
    #[arg(long, default_value = "http://127.0.0.1:3000", value_name = "URL")]
    target: Vec<Url>,
    /// Visits a second, on average.
    #[arg(long, default_value_t = 5.0)]
    rate: f64,
    /// For how long, for example 90s or 10m.
    #[arg(long, default_value = "1m")]
    duration: SignedDuration,
    /// How many diners; an account is opened for each.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=MAX_DINERS as i64))]
    diners: u32,
    /// How long a diner waits for an answer.
    #[arg(long, default_value = "40s", value_name = "DURATION")]
    patience: SignedDuration,
    /// Do this and nothing else: menu, login or order.
    #[arg(long, value_name = "HABIT", value_parser = habit)]
    only: Option<Habit>,
    /// Show throughput, and latency by what diners did, at the end.
    #[arg(long)]
    report: bool,
    /// Visit a host that is not this machine.
    #[arg(long)]
    i_own_this_host: bool,
}

impl Traffic {
    pub async fn run(self) -> anyhow::Result<()> {
        self.target.iter().try_for_each(|target| Restaurant::allowed(target, self.i_own_this_host))?;
        let mut load = Load::new(self.rate, self.duration.unsigned_abs())?;
        load.only = self.only;
        let shutdown = shutdown_signal()?;
        let opening = Restaurant::open(&self.target, self.diners as usize, self.patience.unsigned_abs());
        let restaurant = tokio::select! {
            opened = opening => Arc::new(opened?),
            () = shutdown.cancelled() => return Ok(()),
        };

        let began = Instant::now();
        let mut traffic = load.begin(restaurant, began, &shutdown);
        let (bar, progress) = (bar(load.duration), traffic.progress());
        let mut books = Books::default();
        let mut beat = tokio::time::interval(SHOW_EVERY);
        loop {
            tokio::select! {
                visit = traffic.next() => match visit {
                    Some(visit) => books.add(&visit),
                    None => break,
                },
                _ = beat.tick() => {
                    let [arrived, done, well] = [&progress.arrived, &progress.done, &progress.as_expected]
                        .map(|count| count.load(Ordering::Relaxed));
                    let passed = began.elapsed().min(load.duration);
                    bar.set_position(u64::try_from(passed.as_millis()).unwrap_or(u64::MAX));
                    bar.set_message(format!("{arrived} came, {} wait, {} went wrong", arrived - done.min(arrived), done - well.min(done)));
                }
            }
        }
        let lasted = began.elapsed();
        bar.finish_and_clear();
        books.show(lasted, self.report);
        Ok(())
    }
}

fn bar(duration: Duration) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{elapsed_precise} {wide_bar} {msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// What came of all visits.
#[derive(Default)]
struct Books {
    tally: Tally,
    /// What went otherwise than it should, and how often.
    wrong: BTreeMap<String, u64>,
}

impl Books {
    fn add(&mut self, visit: &Visit) {
        self.tally.add(visit);
        if !visit.as_expected() {
            let how = match visit.outcome {
                Outcome::Answered(status) => format!("answered {status}"),
                Outcome::Broken => "no connection".to_owned(),
                Outcome::TimedOut => "no answer in time".to_owned(),
                Outcome::Unsent => "not sent: too many were waiting".to_owned(),
            };
            *self.wrong.entry(format!("{}: {how}", visit.habit)).or_default() += 1;
        }
    }

    fn show(&self, lasted: Duration, in_full: bool) {
        let all = self.tally.all();
        println!(
            "{} visits in {:.1} s, {:.1} a second; {:.2} % as they should be",
            all.visits,
            lasted.as_secs_f64(),
            all.visits as f64 / lasted.as_secs_f64().max(f64::MIN_POSITIVE),
            100.0 * all.availability(),
        );
        if in_full && all.visits > 0 {
            println!(
                "\n{}\nLatency counts from when a diner came, not from when the request could be sent.",
                self.table()
            );
        }
        for (how, often) in &self.wrong {
            println!("  {often} × {how}");
        }
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_header(["", "visits", "as expected", "p50 ms", "p90 ms", "p99 ms", "max ms"]);
        let rows = Habit::ALL.into_iter().filter_map(|habit| Some((habit.as_str(), self.tally.of(habit)?)));
        for (name, summary) in rows.chain([("all", self.tally.all())]) {
            table.add_row(row(name, summary));
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}

fn row(name: &str, summary: Summary) -> [String; 7] {
    let [p50, p90, p99, max] =
        [summary.p50, summary.p90, summary.p99, summary.max].map(|ms| format!("{ms:.1}"));
    let share = format!("{:.2} %", 100.0 * summary.availability());
    [name.to_owned(), summary.visits.to_string(), share, p50, p90, p99, max]
}

fn habit(text: &str) -> Result<Habit, String> {
    let habits = [Habit::Menu, Habit::Login, Habit::Order];
    habits.into_iter().find(|habit| habit.as_str() == text).ok_or_else(|| "menu, login or order".to_owned())
}

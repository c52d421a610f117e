//! A drill's result in tables.

use comfy_table::{CellAlignment, Table, presets::NOTHING};
use drill::{DrillResult, Found, PhaseResult};

const UNKNOWN: &str = "not measurable here";

/// Writes all of it to standard output.
pub fn show(result: &DrillResult) {
    println!("{} at {}×, {}\n", result.title, result.speed, result.subject);
    println!("{}\n", phases(result));
    println!("{}", figures(&[result]));
    println!("\nGrade {}", result.grade.letter);
    for why in &result.grade.because {
        println!("  {why}");
    }
    println!("  The rule: {}", result.grade.rule);
    show_scaled(result);
    for note in &result.notes {
        println!("  {note}");
    }
}

/// The figures of the score, for each result in a column.
pub fn figures(results: &[&DrillResult]) -> Table {
    let mut table = plain();
    type Figure = fn(&DrillResult) -> String;
    let rows: [(&str, Figure); 24] = [
        ("grade", |result| result.grade.letter.to_string()),
        ("orders placed", |result| result.score.placed.to_string()),
        ("acknowledged", |result| result.score.acknowledged.to_string()),
        ("refused for now (503)", |result| result.score.refused.to_string()),
        ("lost", |result| result.score.lost.to_string()),
        ("doubled", |result| result.score.doubled.to_string()),
        ("shown a pizza that is none", |result| count(result.score.counterfeits)),
        ("fulfilled", |result| result.score.fulfilled.to_string()),
        ("  within the trouble", |result| result.score.fulfilled_within.to_string()),
        ("  placed within it, fulfilled after it", |result| result.score.fulfilled_after.to_string()),
        ("rejected by the factory for good", |result| result.score.rejected.to_string()),
        ("waiting for a person", |result| result.score.quarantined.to_string()),
        ("calls to the factory", |result| count(result.score.factory_calls)),
        ("  for each order while none can succeed", |result| {
            number(result.score.calls_per_order_in_total_outage)
        }),
        ("acknowledged within (p99, worst phase)", |result| {
            let worst = result.phases.iter().map(|phase| phase.orders.p99).fold(0.0, f64::max);
            format!("{worst:.0} ms")
        }),
        ("menu there (worst phase)", |result| worst(result, |phase| phase.menu)),
        ("login there (worst phase)", |result| worst(result, |phase| phase.login)),
        ("first failure to Pending", |result| time(result, result.score.to_pending)),
        ("first failure to Alerting", |result| time(result, result.score.to_alerting)),
        ("first failure to somebody told", |result| time(result, result.score.to_notification)),
        ("recovery to first pizza", |result| time(result, result.score.to_first_fulfilment)),
        ("recovery to backlog drained", |result| time(result, result.score.to_drained)),
        ("recovery to alert Recovering", |result| time(result, result.score.to_recovering)),
        ("recovery to alert Normal", |result| time(result, result.score.to_normal)),
    ];
    for (name, figure) in rows {
        let cells = results.iter().map(|result| figure(result));
        table.add_row(std::iter::once(name.to_owned()).chain(cells));
    }
    table
}

fn phases(result: &DrillResult) -> Table {
    let mut table = plain();
    table.set_header([
        "phase",
        "from",
        "to",
        "chaos",
        "orders",
        "acknowledged",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "menu",
        "login",
        "factory calls",
        "per order",
    ]);
    for phase in &result.phases {
        let orders = phase.orders;
        table.add_row([
            phase.name.clone(),
            result.clock(phase.from),
            result.clock(phase.to),
            phase.chaos.clone().unwrap_or_default(),
            orders.placed.to_string(),
            orders.acknowledged.to_string(),
            format!("{:.0}", orders.p50),
            format!("{:.0}", orders.p90),
            format!("{:.0}", orders.p99),
            percent(phase.menu),
            percent(phase.login),
            count(phase.factory_calls),
            number(phase.calls_per_order),
        ]);
    }
    for column in table.column_iter_mut().skip(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn show_scaled(result: &DrillResult) {
    if result.scaled.is_empty() {
        return;
    }
    println!("\nShortened {}-fold:", result.speed);
    let mut table = plain();
    for scaled in &result.scaled {
        let held = if scaled.held { "as short as a machine can do" } else { "" };
        table.add_row([
            format!("  {}", scaled.what),
            format!("{} s", scaled.real_seconds),
            format!("{:.3} s", scaled.seconds),
            held.to_owned(),
        ]);
    }
    println!("{table}");
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table
}

/// In real life, and what was measured when that is something else.
fn time(result: &DrillResult, found: Found) -> String {
    match found {
        Found::Seconds(seconds) if result.speed == 1 => format!("{seconds:.1} s"),
        Found::Seconds(seconds) => {
            format!("{:.0} s ({seconds:.2} s of the drill)", seconds * f64::from(result.speed))
        }
        Found::Never => "never".to_owned(),
        Found::NotMeasurable => UNKNOWN.to_owned(),
    }
}

fn worst(result: &DrillResult, share: fn(&PhaseResult) -> Option<f64>) -> String {
    percent(result.phases.iter().filter_map(share).min_by(f64::total_cmp))
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", 100.0 * share))
}

fn count(count: Option<u64>) -> String {
    count.map_or_else(|| UNKNOWN.to_owned(), |count| count.to_string())
}

fn number(number: Option<f64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| format!("{number:.2}"))
}

//! What is shown while a drill goes on: a screen where there is one, and otherwise lines.

use super::screen::Screen;
use drill::Live;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stdout};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Shows how it stands until nobody tells any more. Whoever ends it at the screen cancels `stop`.
pub async fn watch(live: watch::Receiver<Live>, stop: CancellationToken) {
    let usable = stdout().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb");
    match usable.then(Screen::open) {
        Some(Ok(screen)) => screen.show(live, stop).await,
        // A terminal that cannot be drawn on can still be written on.
        _ => write_lines(live).await,
    }
}

async fn write_lines(mut live: watch::Receiver<Live>) {
    let lines = MultiProgress::new();
    let time = lines.add(ProgressBar::new(0).with_style(style("{wide_bar} {msg}")));
    let [orders, kitchen] = [(); 2].map(|()| lines.add(ProgressBar::new(0).with_style(style("  {msg}"))));
    while live.changed().await.is_ok() {
        let now = live.borrow_and_update().clone();
        time.set_length((now.length * 1000.0) as u64);
        time.set_position((now.at * 1000.0) as u64);
        time.set_message(format!("{:.0} of {:.0} s: {}", now.at, now.length, now.phase));
        let share = if now.visits == 0 { 100.0 } else { 100.0 * now.as_expected as f64 / now.visits as f64 };
        orders.set_message(format!(
            "orders: {} placed, {} acknowledged, {} made, {} wait; {share:.1} % of {} visits went well",
            now.placed, now.acknowledged, now.fulfilled, now.backlog, now.visits
        ));
        let alerts = alerts(&now);
        let [kitchen_is, circuit] =
            [now.kitchen, now.circuit].map(|what| what.unwrap_or_else(|| "-".to_owned()));
        kitchen.set_message(format!("kitchen: {kitchen_is}; circuit: {circuit}; alerts: {alerts}"));
    }
    for line in [time, orders, kitchen] {
        line.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The alerts in words.
pub fn alerts(live: &Live) -> String {
    match &live.alerts {
        None => "not told".to_owned(),
        Some(alerts) if alerts.is_empty() => "all Normal".to_owned(),
        Some(alerts) => {
            alerts.iter().map(|(rule, state)| format!("{rule}: {state}")).collect::<Vec<_>>().join(", ")
        }
    }
}

//! What is shown while a drill goes on.

use drill::Live;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::sync::watch;

/// Shows how it stands until nobody tells any more.
pub async fn watch(mut live: watch::Receiver<Live>) {
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
        let [kitchen_is, circuit, alert] =
            [now.kitchen, now.circuit, now.alert].map(|what| what.unwrap_or_else(|| "-".to_owned()));
        kitchen.set_message(format!("kitchen: {kitchen_is}; circuit: {circuit}; last alert: {alert}"));
    }
    for line in [time, orders, kitchen] {
        line.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

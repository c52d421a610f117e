//! A drill on a screen: what is drawn, and nothing of how it gets there.

use drill::{Live, Planned};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style, Stylize},
    text::{Line, Span},
    widgets::{Block, Padding, Paragraph, Sparkline, Wrap},
};
use std::collections::VecDeque;

/// Looks that are kept for the backlog's picture: more than any screen is wide.
const REMEMBERED: usize = 512;
/// How wide the labels are, and how far words stand from the edge so that they are where the numbers end.
const LABELS: usize = 12;
const INDENT: usize = 18;
const GAP: usize = INDENT - LABELS;

/// How the backlog was, look by look.
#[derive(Default)]
pub struct Backlog(VecDeque<u64>);

impl Backlog {
    pub fn remember(&mut self, live: &Live) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(live.backlog as u64);
    }
}

/// Draws it all.
pub fn draw(frame: &mut Frame<'_>, live: &Live, backlog: &Backlog) {
    let title = Line::from(format!(" {} · {}× ", live.title, live.speed)).bold();
    let frame_of_all = Block::bordered().title(title).padding(Padding::horizontal(1));
    let inner = frame_of_all.inner(frame.area());
    frame.render_widget(frame_of_all, frame.area());
    let [_, phases, _, figures, alerts, _, chart, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(3),
        Constraint::Length(1),
        Constraint::Length(4),
        Constraint::Length(2),
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(inner);
    draw_phases(frame, phases, live);
    frame.render_widget(Paragraph::new(figures_of(live)), figures);
    draw_alerts(frame, alerts, live);
    draw_backlog(frame, chart, live, backlog);
    frame.render_widget(Paragraph::new(time(live).dim()), keys);
}

/// The phases one after the other, as long as they last, and a hand that shows where we are.
fn draw_phases(frame: &mut Frame<'_>, area: Rect, live: &Live) {
    let [names, bar, hand] = Layout::vertical([Constraint::Length(1); 3]).areas(area);
    let column = |at: f64| {
        let share = if live.length > 0.0 { (at / live.length).clamp(0.0, 1.0) } else { 0.0 };
        area.x + (share * f64::from(area.width)).round() as u16
    };
    let mut began = 0.0;
    for Planned { name, length, trouble } in &live.phases {
        let (from, to) = (column(began), column(began + length));
        let color = if *trouble { Color::Red } else { Color::Green };
        // Between two phases is a column of air, unless there is no room for it.
        let width = to.saturating_sub(from);
        let part = |row: Rect, air: u16| Rect { x: from, width: width.saturating_sub(air), ..row };
        frame.render_widget(Paragraph::new(name.as_str()).fg(color), part(names, 1));
        let sign = if *trouble { "▒" } else { "█" };
        let stripe = sign.repeat(usize::from(width));
        frame.render_widget(Paragraph::new(stripe).fg(color), part(bar, u16::from(width > 1)));
        began += length;
    }
    let x = column(live.at).min(area.right().saturating_sub(1));
    frame.render_widget(Paragraph::new("▲").bold(), Rect { x, width: 1, ..hand });
    let text = format!("now: {}", live.phase);
    let width = u16::try_from(text.chars().count()).unwrap_or(u16::MAX);
    // Beside the hand: to its right while there is room.
    let x = if x + 2 + width <= area.right() { x + 2 } else { x.saturating_sub(width + 1).max(area.x) };
    let width = width.min(area.right().saturating_sub(x));
    frame.render_widget(Paragraph::new(text), Rect { x, width, ..hand });
}

fn figures_of(live: &Live) -> Vec<Line<'static>> {
    let count = |number: usize, what: &'static str, color: Color| {
        [Span::styled(format!("{number:>6}"), Style::new().fg(color).bold()), Span::raw(format!(" {what}  "))]
    };
    let orders = [
        count(live.placed, "placed", Color::Reset),
        count(live.acknowledged, "acknowledged", Color::Blue),
        count(live.fulfilled, "made", Color::Green),
        count(live.backlog, "wait", if live.backlog > 0 { Color::Yellow } else { Color::Reset }),
    ];
    let share = if live.visits == 0 { 100.0 } else { 100.0 * live.as_expected as f64 / live.visits as f64 };
    let well = Style::new().fg(if share >= 99.9 { Color::Green } else { Color::Red }).bold();
    let success =
        vec![Span::styled(format!("{share:>6.1} %"), well), format!(" of {} visits", live.visits).into()];
    vec![
        labelled("orders", orders.into_iter().flatten().collect()),
        labelled("went well", success),
        labelled("kitchen", vec![state(live.kitchen.as_deref(), "open")]),
        labelled("circuit", vec![state(live.circuit.as_deref(), "closed")]),
    ]
}

fn labelled(label: &str, mut spans: Vec<Span<'static>>) -> Line<'static> {
    spans.insert(0, Span::styled(format!("{label:<LABELS$}"), Style::new().add_modifier(Modifier::DIM)));
    Line::from(spans)
}

/// What the service says of itself: green when it is well, in words in any case.
fn state(said: Option<&str>, well: &str) -> Span<'static> {
    match said {
        None => Span::raw(format!("{:GAP$}not told", "")),
        Some(said) => Span::styled(
            format!("{:GAP$}{said}", ""),
            Style::new().fg(if said == well { Color::Green } else { Color::Red }).bold(),
        ),
    }
}

/// There may be many.
fn draw_alerts(frame: &mut Frame<'_>, area: Rect, live: &Live) {
    let indent = Constraint::Length(INDENT as u16);
    let [label, text] = Layout::horizontal([indent, Constraint::Min(1)]).areas(area);
    let standing = live.alerts.as_ref().is_some_and(|alerts| !alerts.is_empty());
    let color = if standing { Color::Red } else { Color::Reset };
    frame.render_widget(Paragraph::new("alerts").dim(), label);
    let alerts = Paragraph::new(super::watch::alerts(live)).fg(color).wrap(Wrap { trim: true });
    frame.render_widget(alerts, text);
}

fn draw_backlog(frame: &mut Frame<'_>, area: Rect, live: &Live, backlog: &Backlog) {
    let most = backlog.0.iter().copied().max().unwrap_or(0);
    let [label, chart] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(area);
    let text = format!("backlog: {} wait now, {most} at most", live.backlog);
    frame.render_widget(Paragraph::new(text).dim(), label);
    let shown = backlog.0.len().saturating_sub(usize::from(chart.width));
    let bars: Vec<u64> = backlog.0.iter().skip(shown).copied().collect();
    frame.render_widget(Sparkline::default().data(bars).max(most.max(1)).fg(Color::Yellow), chart);
}

fn time(live: &Live) -> String {
    let left = (live.length - live.at).max(0.0);
    let left = if left > 0.0 { format!("{left:.0} s left") } else { "until all is settled".to_owned() };
    format!("{:.0} of {:.0} s, {left} · q or Ctrl-C stops", live.at, live.length)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ratatui::{Terminal, backend::TestBackend};

    fn planned(name: &str, length: f64, trouble: bool) -> Planned {
        Planned { name: name.to_owned(), length, trouble }
    }

    fn outage() -> Live {
        Live {
            title: "The factory fails for 12 minutes".to_owned(),
            speed: 60,
            phases: vec![
                planned("healthy", 10.0, false),
                planned("outage", 12.0, true),
                planned("recovery", 8.0, false),
            ],
            phase: "outage".to_owned(),
            at: 15.0,
            length: 30.0,
            visits: 300,
            as_expected: 300,
            placed: 130,
            acknowledged: 130,
            fulfilled: 88,
            backlog: 42,
            kitchen: Some("closed".to_owned()),
            circuit: Some("open".to_owned()),
            alerts: Some(
                [("factory-success-rate", "Alerting"), ("order-queue-growing", "Pending")]
                    .map(|(rule, state)| (rule.to_owned(), state.to_owned()))
                    .into(),
            ),
        }
    }

    fn drawn(width: u16, height: u16, live: &Live) -> String {
        let mut backlog = Backlog::default();
        for number in [0, 0, 10, 20, 30, 42] {
            backlog.remember(&Live { backlog: number, ..live.clone() });
        }
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, live, &backlog)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn an_outage_as_it_is_seen() {
        insta::assert_snapshot!(drawn(80, 20, &outage()), @r#"
        "┌ The factory fails for 12 minutes · 60× ──────────────────────────────────────┐"
        "│                                                                              │"
        "│ healthy                  outage                         recovery             │"
        "│ ████████████████████████ ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒ ███████████████████  │"
        "│                                       ▲ now: outage                          │"
        "│                                                                              │"
        "│ orders         130 placed     130 acknowledged      88 made      42 wait     │"
        "│ went well    100.0 % of 300 visits                                           │"
        "│ kitchen           closed                                                     │"
        "│ circuit           open                                                       │"
        "│ alerts            factory-success-rate: Alerting, order-queue-growing:       │"
        "│                   Pending                                                    │"
        "│                                                                              │"
        "│ backlog: 42 wait now, 42 at most                                             │"
        "│      █                                                                       │"
        "│     ▆█                                                                       │"
        "│    ▇██                                                                       │"
        "│   ▇███                                                                       │"
        "│ 15 of 30 s, 15 s left · q or Ctrl-C stops                                    │"
        "└──────────────────────────────────────────────────────────────────────────────┘"
        "#);
    }

    #[test]
    fn nothing_known_yet_and_no_room_are_no_panic() {
        for (width, height) in [(80, 24), (20, 6), (3, 3), (1, 1), (500, 2)] {
            drawn(width, height, &Live::default());
            drawn(width, height, &outage());
        }
    }
}

//! A drill as a picture (SVG): what diners did, what waited, and what the factory was asked, over the same time.

use crate::{
    result::{DrillResult, Mark},
    speed::Speed,
};
use std::fmt::Write;

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 36.0;
/// Title and legend, marks, lanes, and what is between them.
const HEAD: f64 = 64.0;
const MARKS: f64 = 78.0;
const LANE: f64 = 130.0;
const GAP: f64 = 34.0;
const FOOT: f64 = 40.0;
const HEIGHT: f64 = HEAD + MARKS + 3.0 * LANE + 2.0 * GAP + FOOT;
/// Mark labels beside each other, in rows.
const ROWS: usize = 5;
const ROW: f64 = 13.0;
const LETTER: f64 = 6.2;
/// How high a bar is at least.
const LEAST: f64 = 2.0;

const STYLE: &str = "text{font-family:system-ui,sans-serif;font-size:11px;fill:#333}.h{font-size:17px;font-weight:600}\
    .axis{stroke:#999;fill:none}.grid{stroke:#eee}.phase{fill:#c0392b;opacity:.09}.a{fill:none;stroke:#7f8c8d;stroke-width:1.5}\
    .k{fill:none;stroke:#2471a3;stroke-width:2}.f{fill:none;stroke:#1e8449;stroke-width:2}.b{fill:#d68910;opacity:.55}\
    .ok{fill:#1e8449;opacity:.75}.bad{fill:#c0392b;opacity:.85}.alert{stroke:#8e44ad;stroke-dasharray:3 3}.circuit{stroke:#2471a3}\
    .notification{stroke:#c0392b;stroke-width:2}.drill{stroke:#555;stroke-dasharray:3 3}";

/// The chart of one drill.
pub fn chart(result: &DrillResult) -> String {
    let scales = Scales::of(result);
    document(HEIGHT, &Picture { result, scales, top: 0.0 }.draw())
}

/// The charts of two drills, one under the other, with the same scales.
pub fn chart_of_two(one: &DrillResult, other: &DrillResult) -> String {
    let scales = Scales::of(one).and(Scales::of(other));
    let pictures = [(one, 0.0), (other, HEIGHT)];
    let drawn = pictures.map(|(result, top)| Picture { result, scales, top }.draw());
    document(2.0 * HEIGHT, &drawn.concat())
}

fn document(height: f64, content: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\">\
         <style>{STYLE}</style><rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>{content}</svg>\n"
    )
}

/// The ends of the scales.
#[derive(Clone, Copy)]
struct Scales {
    /// Seconds of real life.
    length: f64,
    /// A second.
    orders: f64,
    backlog: f64,
    /// A second.
    calls: f64,
}

struct Picture<'a> {
    result: &'a DrillResult,
    scales: Scales,
    top: f64,
}

impl Scales {
    fn of(result: &DrillResult) -> Self {
        let series = &result.series;
        let most = |values: &mut dyn Iterator<Item = u64>| values.max().unwrap_or(0) as f64;
        let per_second = |most: f64| (most / series.part.max(f64::MIN_POSITIVE)).max(1.0);
        let orders = [&series.arrivals, &series.acknowledged, &series.fulfilled];
        let calls = series.calls.iter().zip(&series.failed_calls).map(|(good, bad)| good + bad);
        let length = series.part * series.arrivals.len() as f64 * f64::from(result.speed);
        Self {
            length: length.max(f64::MIN_POSITIVE),
            orders: per_second(most(&mut orders.into_iter().flatten().copied())),
            backlog: most(&mut series.backlog.iter().copied()).max(1.0),
            calls: per_second(most(&mut { calls })),
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            length: self.length.max(other.length),
            orders: self.orders.max(other.orders),
            backlog: self.backlog.max(other.backlog),
            calls: self.calls.max(other.calls),
        }
    }
}

impl Picture<'_> {
    fn draw(&self) -> String {
        let (series, mut svg) = (&self.result.series, String::new());
        let lane = |number: f64| HEAD + MARKS + number * (LANE + GAP);
        self.title(&mut svg);
        self.phases(&mut svg);
        let per_second =
            |values: &[u64]| values.iter().map(|value| *value as f64 / series.part).collect::<Vec<_>>();
        let [arrivals, acknowledged, fulfilled] =
            [&series.arrivals, &series.acknowledged, &series.fulfilled].map(|values| per_second(values));
        let Scales { orders, backlog: most_waiting, calls, .. } = self.scales;
        self.lane(
            &mut svg,
            lane(0.0),
            orders,
            "orders/s",
            &[("a", "placed"), ("k", "acknowledged"), ("f", "fulfilled")],
        );
        for (class, values) in [("a", &arrivals), ("k", &acknowledged), ("f", &fulfilled)] {
            self.line(&mut svg, lane(0.0), orders, class, values);
        }
        let backlog: Vec<f64> = series.backlog.iter().map(|value| *value as f64).collect();
        self.lane(&mut svg, lane(1.0), most_waiting, "backlog", &[("b", "acknowledged, not yet made")]);
        self.bars(&mut svg, lane(1.0), most_waiting, "b", &backlog, &[]);
        let (good, bad) = (per_second(&series.calls), per_second(&series.failed_calls));
        let name =
            if series.calls.is_empty() { "factory calls: not measurable here" } else { "factory calls/s" };
        self.lane(&mut svg, lane(2.0), calls, name, &[("ok", "answered 200"), ("bad", "failed")]);
        self.bars(&mut svg, lane(2.0), calls, "bad", &bad, &[]);
        self.bars(&mut svg, lane(2.0), calls, "ok", &good, &bad);
        self.marks(&mut svg);
        self.clock(&mut svg);
        svg
    }

    fn title(&self, svg: &mut String) {
        let result = self.result;
        let score = &result.score;
        let title = escaped(&format!("{} ({}×)", result.title, result.speed));
        let line = escaped(&format!(
            "{} · grade {} · {} orders placed, {} acknowledged, {} fulfilled, {} lost, {} doubled",
            result.subject,
            result.grade.letter,
            score.placed,
            score.acknowledged,
            score.fulfilled,
            score.lost,
            score.doubled
        ));
        self.text(svg, LEFT, 24.0, "h", "start", &title);
        self.text(svg, LEFT, 44.0, "", "start", &line);
    }

    fn phases(&self, svg: &mut String) {
        for phase in &self.result.phases {
            let (from, to) = (self.x(phase.from), self.x(phase.to));
            if phase.chaos.is_some() {
                let (y, height) = (self.top + HEAD + MARKS, 3.0 * LANE + 2.0 * GAP);
                let width = (to - from).max(0.5);
                let _ = write!(
                    svg,
                    "<rect class=\"phase\" x=\"{from:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
                );
            }
            let y = HEAD + MARKS + 3.0 * LANE + 2.0 * GAP + 32.0;
            self.text(svg, f64::midpoint(from, to), y, "", "middle", &escaped(&phase.name));
        }
    }

    /// A frame with its scale, its name, and what its colours mean.
    fn lane(&self, svg: &mut String, y: f64, top: f64, name: &str, legend: &[(&str, &str)]) {
        let (right, bottom) = (WIDTH - RIGHT, self.top + y + LANE);
        for part in [0.0, 0.5, 1.0] {
            let at = bottom - part * LANE;
            let _ = write!(svg, "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right}\"/>");
            self.text(svg, LEFT - 6.0, y + LANE - part * LANE + 4.0, "", "end", &number(part * top));
        }
        let _ = write!(svg, "<path class=\"axis\" d=\"M{LEFT} {:.1}V{bottom:.1}H{right}\"/>", self.top + y);
        self.text(svg, LEFT, y - 6.0, "", "start", &format!("<tspan font-weight=\"600\">{name}</tspan>"));
        let mut x = LEFT + 40.0 + LETTER * name.len() as f64;
        for (class, meaning) in legend {
            let at = self.top + y - 13.0;
            let _ =
                write!(svg, "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{at:.1}\" width=\"12\" height=\"6\"/>");
            self.text(svg, x + 17.0, y - 6.0, "", "start", meaning);
            x += 40.0 + LETTER * meaning.len() as f64;
        }
    }

    fn line(&self, svg: &mut String, y: f64, top: f64, class: &str, values: &[f64]) {
        let bottom = self.top + y + LANE;
        let points = values.iter().enumerate().map(|(index, value)| {
            let x = self.x((index as f64 + 0.5) * self.result.series.part);
            format!("{x:.1},{:.1}", bottom - LANE * value / top)
        });
        let points: Vec<String> = points.collect();
        let _ = write!(svg, "<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "));
    }

    /// Bars that stand on others, if there are any.
    fn bars(&self, svg: &mut String, y: f64, top: f64, class: &str, values: &[f64], below: &[f64]) {
        let (part, bottom) = (self.result.series.part, self.top + y + LANE);
        for (index, value) in values.iter().enumerate().filter(|(_, value)| **value > 0.0) {
            let (from, to) = (self.x(index as f64 * part), self.x((index + 1) as f64 * part));
            // A single call of twelve minutes is to be seen beside hundreds a second.
            let height = (LANE * value / top).max(LEAST);
            let base = LANE * below.get(index).unwrap_or(&0.0) / top;
            let (width, at) = ((to - from).max(0.3), bottom - base - height);
            let _ = write!(
                svg,
                "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{at:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
            );
        }
    }

    /// A line through everything for what has a label, and a tick for what has none.
    fn marks(&self, svg: &mut String) {
        let mut ends = [0.0_f64; ROWS];
        let from = self.top + HEAD + MARKS;
        for mark in &self.result.marks {
            let x = self.x(mark.at);
            let label = label(mark);
            let to = if label.is_some() { from + 3.0 * LANE + 2.0 * GAP } else { from + 8.0 };
            let kind = escaped(&mark.kind);
            let title = escaped(&format!("{} {}: {}", self.result.clock(mark.at), mark.kind, mark.text));
            let _ = write!(
                svg,
                "<path class=\"{kind}\" d=\"M{x:.1} {from:.1}V{to:.1}\"><title>{title}</title></path>"
            );
            let row = ends.iter().position(|end| *end <= x);
            if let (Some(row), Some(label)) = (row, label) {
                ends[row] = x + 8.0 + LETTER * label.chars().count() as f64;
                let y = HEAD + ROW * (row as f64 + 0.5);
                self.text(svg, x + 2.0, y, "", "start", &escaped(&label));
            }
        }
    }

    /// What the scenario's clock shows.
    fn clock(&self, svg: &mut String) {
        const TIMES: u32 = 6;
        for part in 0..=TIMES {
            let at = self.length() * f64::from(part) / f64::from(TIMES);
            let y = HEAD + MARKS + 3.0 * LANE + 2.0 * GAP + 15.0;
            self.text(svg, self.x(at), y, "", "middle", &self.result.clock(at));
        }
    }

    fn text(&self, svg: &mut String, x: f64, y: f64, class: &str, anchor: &str, text: &str) {
        let y = self.top + y;
        let _ = write!(
            svg,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        );
    }

    /// In seconds of this drill.
    fn length(&self) -> f64 {
        self.scales.length / f64::from(self.result.speed.max(1))
    }

    fn x(&self, at: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (at / self.length()).clamp(0.0, 1.0)
    }
}

impl DrillResult {
    /// What the scenario's clock shows at a time of the drill.
    pub fn clock(&self, at: f64) -> String {
        let speed = Speed::new(self.speed).unwrap_or(Speed::REAL);
        let passed = jiff::SignedDuration::from_secs_f64(speed.real_seconds(at.clamp(0.0, 1e6)).round());
        self.begins.wrapping_add(passed).strftime("%H:%M:%S").to_string()
    }
}

/// What is written beside a mark: the alerts that wake somebody, what the drill did, and who was told.
fn label(mark: &Mark) -> Option<String> {
    match mark.kind.as_str() {
        "alert" => mark.text.strip_prefix("factory-success-rate: ").map(str::to_owned),
        "notification" | "drill" => Some(mark.text.clone()),
        _ => None,
    }
}

fn number(value: f64) -> String {
    if value >= 10.0 || value == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::result::{Grade, Series, VERSION};

    fn result(speed: u32, parts: usize, placed: u64) -> DrillResult {
        DrillResult {
            version: VERSION,
            scenario: "throttle".to_owned(),
            title: "Late".to_owned(),
            subject: "somebody".to_owned(),
            started: jiff::Timestamp::UNIX_EPOCH,
            begins: jiff::civil::time(10, 0, 0, 0),
            speed,
            scaled: Vec::new(),
            notes: Vec::new(),
            phases: Vec::new(),
            score: crate::result::Score::default(),
            grade: Grade { letter: 'A', because: Vec::new(), rule: String::new() },
            marks: Vec::new(),
            series: Series { part: 1.0, arrivals: vec![placed; parts], ..Series::default() },
        }
    }

    #[test]
    fn two_drills_are_drawn_by_the_same_scales() {
        let (small, large) = (Scales::of(&result(1, 60, 3)), Scales::of(&result(60, 2, 40)));
        let both = small.and(large);
        assert_eq!((small.length, large.length, both.length), (60.0, 120.0, 120.0));
        assert_eq!((both.orders, both.backlog, both.calls), (40.0, 1.0, 1.0));
        let drawn = chart_of_two(&result(1, 60, 3), &result(60, 2, 40));
        assert_eq!(drawn.matches(">40</text>").count(), 2, "{drawn}");
        assert_eq!(drawn.matches(">10:02:00</text>").count(), 2, "{drawn}");
    }

    #[test]
    fn a_drill_in_which_nothing_happened_is_drawn_all_the_same() {
        let drawn = chart(&result(1, 0, 0));
        assert!(drawn.contains("Late") && !drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
    }
}

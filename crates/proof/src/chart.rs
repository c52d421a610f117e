//! Charts (SVG): lanes over time, and how often something took how long.

use crate::spread::Spread;
use std::fmt::Write;

const WIDTH: f64 = 820.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 20.0;
const HEAD: f64 = 40.0;
const LANE: f64 = 110.0;
const GAP: f64 = 36.0;
const STYLE: &str = "text{font:11px system-ui,sans-serif;fill:#333}.h{font-size:15px;font-weight:600}\
    .line{fill:none;stroke:#2471a3;stroke-width:1.5}.axis{stroke:#999;fill:none}.bar{fill:#2471a3}";

/// One thing over time.
pub(crate) struct Lane {
    pub title: String,
    /// Seconds, and how much.
    pub points: Vec<(f64, f64)>,
}

/// Lanes below each other, over the same time; each begins at zero.
pub(crate) fn lanes(title: &str, lanes: &[Lane]) -> String {
    let height = HEAD + lanes.len() as f64 * (LANE + GAP);
    let mut svg = open(title, height);
    let last = lanes.iter().flat_map(|lane| &lane.points).map(|point| point.0).fold(1.0, f64::max);
    for (number, lane) in lanes.iter().enumerate() {
        let top = HEAD + number as f64 * (LANE + GAP) + 14.0;
        let most = lane.points.iter().map(|point| point.1).fold(1.0, f64::max) * 1.1;
        let x = |seconds: f64| LEFT + seconds / last * (WIDTH - LEFT - RIGHT);
        let y = |value: f64| top + LANE - value / most * LANE;
        let points: Vec<_> =
            lane.points.iter().map(|(at, value)| format!("{:.1},{:.1}", x(*at), y(*value))).collect();
        frame(&mut svg, top, &lane.title, &format!("{most:.0}"));
        // Writing to a String cannot fail.
        let _ = write!(svg, r#"<polyline class="line" points="{}"/>"#, points.join(" "));
        let _ = write!(
            svg,
            r#"<text x="{}" y="{}" text-anchor="end">{last:.0} s</text>"#,
            WIDTH - RIGHT,
            top + LANE + 14.0
        );
    }
    svg + "</svg>\n"
}

/// How often it took how long: a bar for each fortieth of the longest.
pub(crate) fn histograms(title: &str, spreads: &[(&str, &Spread)]) -> String {
    const BARS: usize = 40;
    let height = HEAD + spreads.len() as f64 * (LANE + GAP);
    let mut svg = open(title, height);
    for (number, (name, spread)) in spreads.iter().enumerate() {
        let top = HEAD + number as f64 * (LANE + GAP) + 14.0;
        let longest = spread.longest().as_secs_f64().max(1e-3);
        let mut counts = [0_usize; BARS];
        for duration in spread.all() {
            let at = (duration.as_secs_f64() / longest * BARS as f64) as usize;
            counts[at.min(BARS - 1)] += 1;
        }
        let most = counts.iter().copied().max().unwrap_or(0).max(1);
        let title = format!("{name}: {}", spread.in_words());
        frame(&mut svg, top, &title, &most.to_string());
        let width = (WIDTH - LEFT - RIGHT) / BARS as f64;
        for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let tall = *count as f64 / most as f64 * LANE;
            let (x, y) = (LEFT + at as f64 * width, top + LANE - tall);
            let _ = write!(
                svg,
                r#"<rect class="bar" x="{x:.1}" y="{y:.1}" width="{:.1}" height="{tall:.1}"/>"#,
                width - 1.0
            );
        }
        let (x, y) = (WIDTH - RIGHT, top + LANE + 14.0);
        let _ = write!(svg, r#"<text x="{x}" y="{y}" text-anchor="end">{longest:.2} s</text>"#);
    }
    svg + "</svg>\n"
}

fn open(title: &str, height: f64) -> String {
    let title = escaped(title);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}"><style>{STYLE}</style><rect width="100%" height="100%" fill="white"/><text class="h" x="{LEFT}" y="22">{title}</text>"#
    )
}

fn frame(svg: &mut String, top: f64, title: &str, most: &str) {
    let (right, bottom, title) = (WIDTH - RIGHT, top + LANE, escaped(title));
    let _ = write!(
        svg,
        r#"<text x="{LEFT}" y="{}">{title}</text><path class="axis" d="M{LEFT} {top}V{bottom}H{right}"/><text x="{}" y="{}" text-anchor="end">{most}</text><text x="{}" y="{bottom}" text-anchor="end">0</text>"#,
        top - 5.0,
        LEFT - 6.0,
        top + 10.0,
        LEFT - 6.0
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_duration_is_in_a_bar_and_every_title_is_escaped() {
        let spread =
            Spread::of(vec![Duration::from_millis(1), Duration::from_millis(500), Duration::from_secs(1)]);
        let svg = histograms("a < b", &[("recovery", &spread), ("none", &Spread::default())]);
        assert_eq!(svg.matches(r#"class="bar""#).count(), 3);
        assert!(
            svg.contains("a &lt; b") && svg.contains("recovery: min 1 ms") && svg.contains("none: never")
        );
        let points = vec![(0.0, 1.0), (10.0, 2.0)];
        let svg = lanes("soak", &[Lane { title: "memory".into(), points }]);
        assert!(svg.starts_with("<svg") && svg.contains("polyline") && svg.contains("10 s"));
    }
}

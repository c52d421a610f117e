//! Each bar a line: how many times better than promised, with the spread of the rounds.

use super::{COLOURS, INK, Picture};
use crate::row::{Row, Threshold};

const TOP: f64 = 40.0;
const EACH: f64 = 26.0;
const NAMES: f64 = 430.0;
const WIDTH: f64 = 900.0;
/// From a quarter of what was promised to sixteen times as good.
const WORST: f64 = 0.25;
const BEST: f64 = 16.0;

pub(super) fn draw(rows: &[&Row]) -> Picture {
    let bottom = TOP + EACH * rows.len() as f64;
    let mut picture = Picture::new(WIDTH, bottom + 10.0);
    for times in [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0] {
        let (colour, thick) = if times == 1.0 { (INK, 2.0) } else { ("#ddd", 1.0) };
        picture.line((across(times), TOP - 8.0), (across(times), bottom), colour, thick);
        picture.text((across(times), TOP - 14.0), "middle", &format!("{times}×"));
    }
    picture.text((NAMES - 12.0, TOP - 14.0), "end", "as good as promised (the dark line), or better →");
    for (number, row) in rows.iter().enumerate() {
        let y = TOP + EACH * (number as f64 + 0.5);
        let colour = COLOURS[usize::from(!row.is_met())];
        let judged = row.judged();
        let (least, most) = judged.spread();
        let at = |figure| (across(how_good(row.threshold, figure)), y);
        picture.text((NAMES - 12.0, y + 4.0), "end", &format!("{} {}", row.bar, row.what));
        picture.line(at(least), at(most), colour, 3.0);
        picture.dot(at(judged.median()), colour);
    }
    picture
}

fn how_good(threshold: Threshold, figure: f64) -> f64 {
    match threshold {
        Threshold::AtLeast(bar) | Threshold::RatioAtLeast(bar) => figure / bar,
        Threshold::AtMost(bar) | Threshold::RatioAtMost(bar) => bar / figure,
        Threshold::Anything => 1.0,
    }
}

fn across(times: f64) -> f64 {
    let share = (times.clamp(WORST, BEST) / WORST).ln() / (BEST / WORST).ln();
    NAMES + share * (WIDTH - NAMES - 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_is_to_the_right_whatever_better_means() {
        assert!(how_good(Threshold::RatioAtLeast(0.5), 0.6) > 1.0);
        assert!(how_good(Threshold::AtMost(100.0), 40.0) > 1.0);
        assert!(across(2.0) > across(1.0) && across(1000.0) <= WIDTH);
    }
}

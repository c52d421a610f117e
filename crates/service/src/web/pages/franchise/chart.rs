//! Revenue over time, drawn here: bars in an SVG that has nothing but attributes and classes, words around it in
//! HTML, so that they keep their size on a phone, and the same as a table for whoever cannot see bars.

use crate::app::App;
use domain::{Bitcoin, FranchiseId};
use jiff::{Timestamp, ToSpan, civil::Date, tz::Offset};
use std::collections::BTreeMap;
use store::StoreError;

const DAYS: usize = 30;
/// The drawing's own units: a day is so wide, and all is so high.
const DAY: usize = 10;
const HEIGHT: i64 = 1000;
/// What is earned at all is seen.
const LEAST: i64 = 12;

/// What a franchise earned on each of the last thirty days.
pub struct Chart {
    /// The days, oldest first.
    pub bars: Vec<Bar>,
    /// What the upper edge stands for.
    pub top: Bitcoin,
}

/// One day.
pub struct Bar {
    /// In UTC.
    pub date: Date,
    /// Of the orders that were placed on it.
    pub revenue: Bitcoin,
    /// Where it is drawn.
    pub x: usize,
    /// Where it begins, from above.
    pub y: i64,
    /// How high it is.
    pub height: i64,
}

impl Chart {
    /// Up to now.
    pub async fn of(app: &App, franchise: FranchiseId) -> Result<Self, StoreError> {
        let today = Offset::UTC.to_datetime(Timestamp::now()).date();
        let days = days_until(today);
        let begin = |day: Date| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX);
        let (from, to) = (begin(days[0]), begin(today.saturating_add(1.day())));
        let earned = app.store.revenue_by_day(franchise, from, to).await?;
        Ok(Self::drawn(&days, &earned))
    }

    fn drawn(days: &[Date], earned: &BTreeMap<Date, Bitcoin>) -> Self {
        let most = days.iter().filter_map(|day| earned.get(day)).max().copied().unwrap_or_default();
        let top = round_up(most);
        let bar = |(number, date): (usize, &Date)| {
            let revenue = earned.get(date).copied().unwrap_or_default();
            let height =
                i128::from(revenue.satoshi()) * i128::from(HEIGHT) / i128::from(top.satoshi().max(1));
            let height = i64::try_from(height).unwrap_or(HEIGHT);
            let height = if revenue.satoshi() > 0 { height.max(LEAST) } else { 0 };
            Bar { date: *date, revenue, x: number * DAY + 1, y: HEIGHT - height, height }
        };
        Self { bars: days.iter().enumerate().map(bar).collect(), top }
    }

    /// All of them together.
    pub fn total(&self) -> Bitcoin {
        self.bars.iter().map(|bar| bar.revenue).sum()
    }

    /// The days on which anything was earned, newest first.
    pub fn earning(&self) -> impl Iterator<Item = &Bar> {
        self.bars.iter().rev().filter(|bar| bar.revenue.satoshi() > 0)
    }

    /// The best day, if there was any.
    pub fn best(&self) -> Option<&Bar> {
        self.earning().max_by_key(|bar| bar.revenue)
    }

    /// What the middle stands for.
    pub fn middle(&self) -> Bitcoin {
        Bitcoin::from_satoshi(self.top.satoshi() / 2)
    }

    /// The dates under the bars, about as far from each other as from both ends.
    pub fn dates(&self) -> Vec<String> {
        let places = [0, DAYS / 3, DAYS * 2 / 3 - 1, DAYS - 1];
        places.iter().filter_map(|place| self.bars.get(*place)).map(Bar::day).collect()
    }

    /// What it shows, for who hears it.
    pub fn words(&self) -> String {
        let best = match self.best() {
            Some(best) => format!("; the best day was {} with {} bitcoin", best.day(), best.revenue),
            None => String::new(),
        };
        format!("Revenue of each of the last {DAYS} days: {} bitcoin together{best}.", self.total())
    }
}

impl Bar {
    /// `3 Nov`.
    pub fn day(&self) -> String {
        self.date.strftime("%-d %b").to_string()
    }
}

fn days_until(today: Date) -> Vec<Date> {
    let first = today.saturating_sub((DAYS as i64 - 1).days());
    first.series(1.day()).take(DAYS).collect()
}

/// The next amount that reads well: 1, 2 or 5 and zeros.
fn round_up(most: Bitcoin) -> Bitcoin {
    let mut power = 10_i64;
    loop {
        for step in [1, 2, 5] {
            match power.checked_mul(step) {
                Some(amount) if amount >= most.satoshi() => return Bitcoin::from_satoshi(amount),
                Some(_) => {}
                None => return most,
            }
        }
        match power.checked_mul(10) {
            Some(next) => power = next,
            None => return most,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn drawn(earned: &[(usize, i64)]) -> Chart {
        let days = days_until("2025-12-02".parse().unwrap());
        let earned = earned.iter().map(|&(day, satoshi)| (days[day], Bitcoin::from_satoshi(satoshi)));
        Chart::drawn(&days, &earned.collect())
    }

    #[test]
    fn thirty_days_end_today() {
        let chart = drawn(&[]);
        assert_eq!(chart.bars.len(), DAYS);
        assert_eq!(chart.dates(), ["3 Nov", "13 Nov", "22 Nov", "2 Dec"]);
        assert!(chart.best().is_none() && chart.bars.iter().all(|bar| bar.height == 0));
        assert_eq!(chart.words(), "Revenue of each of the last 30 days: 0 bitcoin together.");
    }

    #[test]
    fn bars_are_as_high_as_what_was_earned_and_the_least_is_seen() {
        let chart = drawn(&[(0, 1_500_000), (10, 750_000), (29, 1)]);
        assert_eq!((chart.top.satoshi(), chart.middle().satoshi()), (2_000_000, 1_000_000));
        let heights: Vec<_> = [0, 10, 11, 29].iter().map(|day| chart.bars[*day].height).collect();
        assert_eq!(heights, [750, 375, 0, LEAST]);
        assert!(chart.bars.iter().all(|bar| bar.y + bar.height == HEIGHT));
        assert_eq!(chart.best().unwrap().day(), "3 Nov");
        assert_eq!(chart.earning().count(), 3);
    }

    #[test]
    fn any_amount_can_be_drawn() {
        for most in [0, 1, 10, 11, 99, 50_000_001, i64::MAX / 2, i64::MAX] {
            let chart = drawn(&[(3, most), (4, 1)]);
            assert!(chart.top.satoshi() >= most, "{most}");
            assert!(chart.bars.iter().all(|bar| (0..=HEIGHT).contains(&bar.height)), "{most}");
        }
    }
}

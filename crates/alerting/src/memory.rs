//! The last hour or so of those of our series that the rules look at.

use crate::{Expr, Labels, Rules, Selector, Snapshot, expr::Point};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

/// How old the latest sample of a series may be to still count as its value: Prometheus' default.
pub const LOOKBACK: Duration = Duration::from_secs(300);

/// So many series are kept at most. More are refused, and counted.
pub const MAX_SERIES: usize = 10_000;

/// A time-series memory with an end: it keeps the series that some rules look at, for as long as they look back, and
/// samples no denser than a tenth of the evaluation interval.
///
/// With all rules at their real pace that is 1 h 15 min of a few dozen counters and 5 min of the rest.
#[derive(Clone, Debug)]
pub struct Memory {
    wanted: Vec<(Selector, i64)>,
    metrics: HashMap<&'static str, BTreeMap<Labels, Series>>,
    spacing: i64,
    refused: u64,
}

impl Memory {
    /// An empty memory for what these rules look at.
    pub fn new(rules: &Rules) -> Self {
        let exprs = rules.iter().map(|rule| &rule.value);
        Self::for_exprs(exprs, rules.interval() / 10)
    }

    fn for_exprs<'a>(exprs: impl Iterator<Item = &'a Expr>, spacing: Duration) -> Self {
        let selectors = exprs.flat_map(Expr::selectors);
        let wanted = selectors.map(|(selector, back)| (selector.clone(), millis(back))).collect();
        Self { wanted, metrics: HashMap::new(), spacing: millis(spacing), refused: 0 }
    }

    /// Takes in what our metrics were at a time.
    ///
    /// A series that was there before and is not in the snapshot has ended, as in Prometheus. If the clock was set
    /// back, what lies in the future is forgotten: an evaluator that waited for it to come again would be blind.
    pub fn record(&mut self, at: Timestamp, snapshot: &Snapshot) {
        let now = at.as_millisecond();
        for (metric, labels, value) in snapshot.iter() {
            self.record_value(now, metric, labels, value);
        }
        for all in self.metrics.values_mut() {
            all.retain(|_, series| {
                series.end_unless_seen(now);
                series.forget(now);
                !series.points.is_empty()
            });
        }
    }

    /// How many series are kept.
    pub fn series(&self) -> usize {
        self.metrics.values().map(BTreeMap::len).sum()
    }

    /// How many values were refused because [`MAX_SERIES`] were kept already. Not 0 means that rules miss something.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// The series that a selector means.
    pub(crate) fn matching<'a>(
        &'a self,
        selector: &'a Selector,
    ) -> impl Iterator<Item = (&'a Labels, &'a Series)> {
        let all = self.metrics.get(selector.metric).into_iter().flatten();
        all.filter(|(labels, _)| selector.matches(labels))
    }

    fn record_value(&mut self, now: i64, metric: &str, labels: &Labels, value: f64) {
        let known = self.metrics.get_mut(metric).and_then(|all| all.get_mut(labels));
        if let Some(series) = known {
            series.push(now, value, self.spacing);
            return;
        }
        let wants =
            self.wanted.iter().filter(|(wanted, _)| wanted.metric == metric && wanted.matches(labels));
        let Some((selector, keep)) = wants.max_by_key(|(_, keep)| *keep) else { return };
        if self.series() >= MAX_SERIES {
            self.refused += 1;
            return;
        }
        let mut series = Series { keep: *keep, points: VecDeque::new() };
        series.push(now, value, self.spacing);
        self.metrics.entry(selector.metric).or_default().insert(labels.clone(), series);
    }
}

/// The samples of one series, oldest first, with a mark where it ended.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// Milliseconds for which samples are kept.
    keep: i64,
    points: VecDeque<(i64, Option<f64>)>,
}

impl Series {
    /// The value now, if the series has not ended.
    pub(crate) fn latest(&self, now: i64) -> Option<f64> {
        let (at, value) = self.points.iter().rev().find(|(at, _)| *at <= now)?;
        if *at >= now.saturating_sub(millis(LOOKBACK)) { *value } else { None }
    }

    /// The samples from `start` to `end`, both included.
    pub(crate) fn between(&self, start: i64, end: i64) -> Vec<Point> {
        let from = self.points.partition_point(|(at, _)| *at < start);
        let inside = self.points.range(from..).take_while(|(at, _)| *at <= end);
        inside.filter_map(|(at, value)| Some((*at, (*value)?))).collect()
    }

    fn push(&mut self, now: i64, value: f64, spacing: i64) {
        self.make_room(now, spacing);
        self.points.push_back((now, Some(value)));
    }

    fn end_unless_seen(&mut self, now: i64) {
        if self.points.back().is_some_and(|(at, value)| *at != now && value.is_some()) {
            self.make_room(now, 0);
            self.points.push_back((now, None));
        }
    }

    /// Takes away what is not before now, and the last sample if it is too close to the one before it: the newest
    /// is always kept, and samples stay so far apart on average.
    fn make_room(&mut self, now: i64, spacing: i64) {
        while self.points.back().is_some_and(|(at, _)| *at >= now) {
            self.points.pop_back();
        }
        let before_last = self.points.iter().rev().nth(1);
        if before_last.is_some_and(|(at, _)| now.saturating_sub(*at) < spacing) {
            self.points.pop_back();
        }
    }

    fn forget(&mut self, now: i64) {
        while self.points.front().is_some_and(|(at, _)| *at < now.saturating_sub(self.keep)) {
            self.points.pop_front();
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{increase, latest};

    const MINUTE: Duration = Duration::from_secs(60);

    fn memory() -> Memory {
        let exprs =
            [latest(Selector::all("gauge")), increase(Selector::all("counter").is("kept", "yes"), MINUTE)];
        Memory::for_exprs(exprs.iter(), Duration::from_secs(3))
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    fn gauge(value: f64) -> Snapshot {
        let mut snapshot = Snapshot::new();
        snapshot.add("gauge", Labels::none(), value);
        snapshot
    }

    fn value(memory: &Memory, now: i64) -> Option<f64> {
        latest(Selector::all("gauge")).evaluate(memory, at(now)).first().map(|sample| sample.value)
    }

    #[test]
    fn only_what_the_rules_look_at_is_kept() {
        let mut memory = memory();
        let mut snapshot = gauge(1.0);
        snapshot.add("counter", Labels::from([("kept", "yes")]), 1.0);
        snapshot.add("counter", Labels::from([("kept", "no")]), 1.0);
        snapshot.add("other", Labels::none(), 1.0);
        memory.record(at(0), &snapshot);
        assert_eq!(memory.series(), 2);
    }

    #[test]
    fn a_series_that_is_gone_has_ended_at_once_and_is_forgotten_later() {
        let mut memory = memory();
        memory.record(at(0), &gauge(7.0));
        assert_eq!(value(&memory, 15_000), Some(7.0));
        memory.record(at(15_000), &Snapshot::new());
        assert_eq!(value(&memory, 15_000), None);
        memory.record(at(30_000), &gauge(8.0));
        assert_eq!(value(&memory, 30_000), Some(8.0));
        memory.record(at(45_000), &Snapshot::new());
        memory.record(at(45_001 + 300_000), &Snapshot::new());
        assert_eq!(memory.series(), 0);
    }

    #[test]
    fn a_value_that_is_not_renewed_is_none_after_the_lookback() {
        let mut memory = memory();
        memory.record(at(0), &gauge(7.0));
        assert_eq!(value(&memory, 300_000), Some(7.0));
        assert_eq!(value(&memory, 300_001), None);
    }

    #[test]
    fn a_clock_set_back_forgets_the_future_and_goes_on() {
        let mut memory = memory();
        memory.record(at(3_600_000), &gauge(1.0));
        memory.record(at(60_000), &gauge(2.0));
        assert_eq!(value(&memory, 60_000), Some(2.0));
    }

    #[test]
    fn samples_are_bounded_however_often_they_come() {
        let mut memory = memory();
        for second in 0..10_000 {
            memory.record(at(second * 100), &gauge(second as f64));
        }
        assert_eq!(value(&memory, 999_900), Some(9_999.0));
        let kept = memory.metrics["gauge"][&Labels::none()].points.len();
        assert!((95..=105).contains(&kept), "{kept} samples of 5 minutes, 3 seconds apart");
    }

    #[test]
    fn series_are_bounded_and_what_is_refused_is_counted() {
        let mut memory = memory();
        let mut snapshot = Snapshot::new();
        for number in 0..MAX_SERIES + 5 {
            snapshot.add("gauge", Labels::from([("number", number.to_string().as_str())]), 1.0);
        }
        memory.record(at(0), &snapshot);
        assert_eq!(memory.series(), MAX_SERIES);
        assert_eq!(memory.refused(), 5);
    }
}

//! The value of an expression, from what the memory holds.

use super::{
    Aggregation, Comparison, Expr, Matcher, Math, RangeFunction, Sample, Scalar, Selector, SetOperator,
};
use super::{quantile, rate};
use crate::{Labels, Memory};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

impl Expr {
    /// The value at a time. Each sample has other labels, and they come sorted by them.
    pub fn evaluate(&self, memory: &Memory, at: Timestamp) -> Vec<Sample> {
        let vector = Evaluation { memory, now: at.as_millisecond() }.vector(self);
        vector.into_iter().map(|(labels, value)| Sample { labels, value }).collect()
    }
}

type Vector = BTreeMap<Labels, f64>;

struct Evaluation<'a> {
    memory: &'a Memory,
    now: i64,
}

impl Evaluation<'_> {
    fn vector(&self, expr: &Expr) -> Vector {
        match expr {
            Expr::Latest(selector) => self.latest(selector),
            Expr::Over { function, selector, window, offset } => {
                self.over(*function, selector, *window, *offset)
            }
            Expr::Aggregate { with, by, of } => aggregate(*with, by, self.vector(of)),
            Expr::Vectors(left, math, right) => {
                let right = self.vector(right);
                let matched = |(labels, value): (Labels, f64)| {
                    let result = math.of(value, *right.get(&labels)?);
                    Some((labels, result))
                };
                self.vector(left).into_iter().filter_map(matched).collect()
            }
            Expr::ScalarFirst(left, math, right) => {
                let left = self.scalar(*left);
                each(self.vector(right), |value| math.of(left, value))
            }
            Expr::ScalarLast(left, math, right) => {
                let right = self.scalar(*right);
                each(self.vector(left), |value| math.of(value, right))
            }
            Expr::Filter(left, comparison, right) => {
                let right = self.scalar(*right);
                let mut kept = self.vector(left);
                kept.retain(|_, value| comparison.holds(*value, right));
                kept
            }
            Expr::FilterBy(left, comparison, right) => self.filter_by(left, *comparison, right),
            Expr::Combine(left, operator, right) => combine(self.vector(left), *operator, self.vector(right)),
            Expr::Quantile(quantile, of) => quantiles(*quantile, self.vector(of)),
            Expr::Absent(selector) => self.absent(selector),
            Expr::Always(value) => Vector::from([(Labels::none(), *value)]),
        }
    }

    fn scalar(&self, scalar: Scalar) -> f64 {
        match scalar {
            Scalar::Number(number) => number,
            #[expect(
                clippy::cast_precision_loss,
                reason = "Unix milliseconds are below 2^52 for ages to come"
            )]
            Scalar::Now => self.now as f64 / 1000.0,
        }
    }

    fn latest(&self, selector: &Selector) -> Vector {
        let value = |(labels, series): (&Labels, &crate::memory::Series)| {
            Some((labels.clone(), series.latest(self.now)?))
        };
        self.memory.matching(selector).filter_map(value).collect()
    }

    fn over(
        &self,
        function: RangeFunction,
        selector: &Selector,
        window: Duration,
        offset: Duration,
    ) -> Vector {
        let (window, end) = (millis(window), self.now.saturating_sub(millis(offset)));
        let value = |(labels, series): (&Labels, &crate::memory::Series)| {
            let points = series.between(end.saturating_sub(window), end);
            Some((labels.clone(), rate::over_window(function, &points, end, window)?))
        };
        self.memory.matching(selector).filter_map(value).collect()
    }

    fn filter_by(&self, left: &Expr, comparison: Comparison, right: &Expr) -> Vector {
        let right = self.vector(right);
        let mut kept = self.vector(left);
        kept.retain(|labels, value| right.get(labels).is_some_and(|other| comparison.holds(*value, *other)));
        kept
    }

    fn absent(&self, selector: &Selector) -> Vector {
        if !self.latest(selector).is_empty() {
            return Vector::new();
        }
        let labels = selector.matchers.iter().fold(Labels::none(), |labels, matcher| match matcher {
            Matcher::Is(label, value) => labels.with(label, value),
            Matcher::OneOf(..) => labels,
        });
        Vector::from([(labels, 1.0)])
    }
}

fn each(vector: Vector, value: impl Fn(f64) -> f64) -> Vector {
    vector.into_iter().map(|(labels, old)| (labels, value(old))).collect()
}

fn aggregate(with: Aggregation, by: &[&str], of: Vector) -> Vector {
    let mut groups = Vector::new();
    for (labels, value) in of {
        groups
            .entry(labels.only(by))
            .and_modify(|group| match with {
                Aggregation::Sum => *group += value,
                Aggregation::Max => *group = group.max(value),
            })
            .or_insert(value);
    }
    groups
}

fn combine(mut left: Vector, operator: SetOperator, right: Vector) -> Vector {
    match operator {
        SetOperator::And => left.retain(|labels, _| right.contains_key(labels)),
        SetOperator::Unless => left.retain(|labels, _| !right.contains_key(labels)),
        SetOperator::Or => {
            let there: BTreeSet<Labels> = left.keys().cloned().collect();
            left.extend(right.into_iter().filter(|(labels, _)| !there.contains(labels)));
        }
    }
    left
}

fn quantiles(quantile: f64, buckets: Vector) -> Vector {
    let mut histograms = BTreeMap::<Labels, Vec<(f64, f64)>>::new();
    for (labels, count) in buckets {
        // What has no bound is no bucket.
        if let Ok(bound) = labels.get("le").parse() {
            histograms.entry(labels.with("le", "")).or_default().push((bound, count));
        }
    }
    histograms
        .into_iter()
        .map(|(labels, buckets)| (labels, quantile::of_buckets(quantile, buckets)))
        .collect()
}

impl Math {
    fn of(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

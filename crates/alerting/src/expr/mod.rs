//! What a rule looks at: a small tree that is both PromQL and evaluated here.

mod build;
mod evaluate;
mod quantile;
mod rate;
mod selector;
mod text;

pub(crate) use rate::Point;
pub use selector::{Matcher, Selector};
pub(crate) use text::comparison_text;

pub(crate) use build::{
    above, absent, always, and, at_least, at_most_vector, delta, increase, latest, max, now, or, quantile,
    rate, sum, unless,
};

use crate::Labels;
use std::time::Duration;

/// An expression whose value is a vector: one number for each set of labels.
///
/// [`Display`](std::fmt::Display) writes it as PromQL, [`Expr::evaluate`] evaluates it, and both mean the same.
/// Vectors are matched one to one on all their labels.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// The latest value of each series, not older than [`LOOKBACK`](crate::LOOKBACK).
    Latest(Selector),
    /// A function over the samples of a window.
    Over {
        /// Which function.
        function: RangeFunction,
        /// Of which series.
        selector: Selector,
        /// How long the window is.
        window: Duration,
        /// How long ago it ended.
        offset: Duration,
    },
    /// One value for each value of some labels.
    Aggregate {
        /// How values become one.
        with: Aggregation,
        /// The labels that are kept.
        by: Vec<&'static str>,
        /// What is aggregated.
        of: Box<Expr>,
    },
    /// Arithmetic on two vectors.
    Vectors(Box<Expr>, Math, Box<Expr>),
    /// Arithmetic with a number on the left.
    ScalarFirst(Scalar, Math, Box<Expr>),
    /// Arithmetic with a number on the right.
    ScalarLast(Box<Expr>, Math, Scalar),
    /// Only those values that compare so with a number.
    Filter(Box<Expr>, Comparison, Scalar),
    /// Only those values that compare so with those of another vector.
    FilterBy(Box<Expr>, Comparison, Box<Expr>),
    /// Two vectors as sets of labels; values are those of the left one where both have one.
    Combine(Box<Expr>, SetOperator, Box<Expr>),
    /// A quantile (0 to 1) of histograms, given their buckets.
    Quantile(f64, Box<Expr>),
    /// 1 if no series is there, with the labels that the selector asks to be equal.
    Absent(Selector),
    /// This value, without labels, always.
    Always(f64),
}

/// A number beside a vector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// A constant.
    Number(f64),
    /// The time of the evaluation, in Unix seconds: PromQL's `time()`.
    Now,
}

/// Functions over the samples of a window. All three extrapolate to the window's ends, as Prometheus does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeFunction {
    /// By how much a counter grew per second, resets allowed for.
    Rate,
    /// By how much a counter grew, resets allowed for.
    Increase,
    /// By how much a gauge changed.
    Delta,
}

/// How several values become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// All added up.
    Sum,
    /// The greatest.
    Max,
}

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Math {
    /// Left plus right.
    Add,
    /// Left minus right.
    Subtract,
    /// Left times right.
    Multiply,
    /// Left divided by right; by zero is infinite or not a number, as with every double.
    Divide,
}

/// Comparisons. None holds for what is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Greater than.
    Above,
    /// Less than.
    Below,
    /// Greater than or equal to.
    AtLeast,
    /// Less than or equal to.
    AtMost,
}

/// Operations on vectors as sets of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    /// What is in both.
    And,
    /// What is in the left one, and what is only in the right one.
    Or,
    /// What is only in the left one.
    Unless,
}

/// One value of a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What it is the value of.
    pub labels: Labels,
    /// The value.
    pub value: f64,
}

impl Comparison {
    pub(crate) fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Above => left > right,
            Self::Below => left < right,
            Self::AtLeast => left >= right,
            Self::AtMost => left <= right,
        }
    }
}

impl Expr {
    /// Every selector in the tree, with how far back its samples are looked at.
    pub(crate) fn selectors(&self) -> Vec<(&Selector, Duration)> {
        match self {
            Self::Latest(selector) | Self::Absent(selector) => vec![(selector, crate::LOOKBACK)],
            Self::Over { selector, window, offset, .. } => vec![(selector, *window + *offset)],
            Self::Aggregate { of, .. }
            | Self::ScalarFirst(_, _, of)
            | Self::ScalarLast(of, _, _)
            | Self::Filter(of, _, _)
            | Self::Quantile(_, of) => of.selectors(),
            Self::Vectors(left, _, right)
            | Self::FilterBy(left, _, right)
            | Self::Combine(left, _, right) => [left.selectors(), right.selectors()].concat(),
            Self::Always(_) => Vec::new(),
        }
    }
}

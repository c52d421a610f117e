//! Words to write expressions with, so that a rule reads like its sentence.

use super::{Aggregation, Comparison, Expr, Math, RangeFunction, Scalar, Selector, SetOperator};
use std::{
    ops::{Add, Div, Mul, Sub},
    time::Duration,
};

pub(crate) fn latest(selector: Selector) -> Expr {
    Expr::Latest(selector)
}

pub(crate) fn rate(selector: Selector, window: Duration) -> Expr {
    over(RangeFunction::Rate, selector, window)
}

pub(crate) fn increase(selector: Selector, window: Duration) -> Expr {
    over(RangeFunction::Increase, selector, window)
}

pub(crate) fn delta(selector: Selector, window: Duration) -> Expr {
    over(RangeFunction::Delta, selector, window)
}

fn over(function: RangeFunction, selector: Selector, window: Duration) -> Expr {
    Expr::Over { function, selector, window, offset: Duration::ZERO }
}

impl Expr {
    /// The same as it was so long ago. Only a function over a window can be moved.
    pub(crate) fn ago(self, by: Duration) -> Self {
        match self {
            Self::Over { function, selector, window, offset } => {
                Self::Over { function, selector, window, offset: offset + by }
            }
            other => other,
        }
    }
}

pub(crate) fn sum<const N: usize>(by: [&'static str; N], of: Expr) -> Expr {
    Expr::Aggregate { with: Aggregation::Sum, by: by.into(), of: of.into() }
}

pub(crate) fn max<const N: usize>(by: [&'static str; N], of: Expr) -> Expr {
    Expr::Aggregate { with: Aggregation::Max, by: by.into(), of: of.into() }
}

pub(crate) fn quantile(quantile: f64, buckets: Expr) -> Expr {
    Expr::Quantile(quantile, buckets.into())
}

pub(crate) fn absent(selector: Selector) -> Expr {
    Expr::Absent(selector)
}

pub(crate) fn always(value: f64) -> Expr {
    Expr::Always(value)
}

pub(crate) fn now() -> Scalar {
    Scalar::Now
}

pub(crate) fn and(left: Expr, right: Expr) -> Expr {
    Expr::Combine(left.into(), SetOperator::And, right.into())
}

pub(crate) fn or(left: Expr, right: Expr) -> Expr {
    Expr::Combine(left.into(), SetOperator::Or, right.into())
}

pub(crate) fn unless(left: Expr, right: Expr) -> Expr {
    Expr::Combine(left.into(), SetOperator::Unless, right.into())
}

pub(crate) fn above(of: Expr, number: f64) -> Expr {
    Expr::Filter(of.into(), Comparison::Above, Scalar::Number(number))
}

pub(crate) fn at_least(of: Expr, number: f64) -> Expr {
    Expr::Filter(of.into(), Comparison::AtLeast, Scalar::Number(number))
}

pub(crate) fn at_most_vector(of: Expr, other: Expr) -> Expr {
    Expr::FilterBy(of.into(), Comparison::AtMost, other.into())
}

impl Add for Expr {
    type Output = Self;
    fn add(self, right: Self) -> Self {
        Self::Vectors(self.into(), Math::Add, right.into())
    }
}

impl Div for Expr {
    type Output = Self;
    fn div(self, right: Self) -> Self {
        Self::Vectors(self.into(), Math::Divide, right.into())
    }
}

impl Div<f64> for Expr {
    type Output = Self;
    fn div(self, right: f64) -> Self {
        Self::ScalarLast(self.into(), Math::Divide, Scalar::Number(right))
    }
}

impl Mul<Expr> for f64 {
    type Output = Expr;
    fn mul(self, right: Expr) -> Expr {
        Expr::ScalarFirst(Scalar::Number(self), Math::Multiply, right.into())
    }
}

impl Sub<Expr> for Scalar {
    type Output = Expr;
    fn sub(self, right: Expr) -> Expr {
        Expr::ScalarFirst(self, Math::Subtract, right.into())
    }
}

//! An expression as PromQL.

use super::{Aggregation, Comparison, Expr, Math, RangeFunction, Scalar, SetOperator};
use crate::pace::duration_text;
use std::fmt;

/// Arithmetic that is longer than this goes on on the next line.
const LONG_LINE: usize = 110;

/// How tightly PromQL's operators bind. What is written with a word binds tightest.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Binding {
    Or,
    And,
    Comparison,
    Sum,
    Product,
    Word,
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(self))
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Now => f.write_str("time()"),
        }
    }
}

/// `expr > 0`, as PromQL.
pub(crate) fn comparison_text(expr: &Expr, comparison: Comparison, with: f64) -> String {
    let left = inside(expr, Binding::Comparison);
    format!("{left} {} {}", comparison.symbol(), Scalar::Number(with))
}

fn text(expr: &Expr) -> String {
    let binding = binding(expr);
    match expr {
        Expr::Latest(selector) => selector.to_string(),
        Expr::Over { function, selector, window, offset } => {
            let window = duration_text(*window);
            let ago =
                if offset.is_zero() { String::new() } else { format!(" offset {}", duration_text(*offset)) };
            format!("{}({selector}[{window}]{ago})", function.word())
        }
        Expr::Aggregate { with, by, of } => {
            let by = if by.is_empty() { String::new() } else { format!(" by ({}) ", by.join(", ")) };
            format!("{}{by}({})", with.word(), text(of))
        }
        Expr::Vectors(left, math, right) => {
            let (left, right) = (inside(left, binding), after(right, binding));
            let fits = left.len() + right.len() < LONG_LINE;
            format!("{left}{}{} {right}", if fits { " " } else { "\n  " }, math.symbol())
        }
        Expr::ScalarFirst(left, math, right) => format!("{left} {} {}", math.symbol(), after(right, binding)),
        Expr::ScalarLast(left, math, right) => format!("{} {} {right}", inside(left, binding), math.symbol()),
        Expr::Filter(left, comparison, right) => {
            format!("{} {} {right}", inside(left, binding), comparison.symbol())
        }
        Expr::FilterBy(left, comparison, right) => {
            format!("{} {} {}", inside(left, binding), comparison.symbol(), after(right, binding))
        }
        Expr::Combine(left, operator, right) => {
            format!("{}\n{} {}", inside(left, binding), operator.word(), after(right, binding))
        }
        Expr::Quantile(quantile, of) => format!("histogram_quantile({quantile}, {})", text(of)),
        Expr::Absent(selector) => format!("absent({selector})"),
        Expr::Always(value) => format!("vector({value})"),
    }
}

/// A left operand: PromQL groups from the left, so equal binding needs no parentheses.
fn inside(expr: &Expr, outer: Binding) -> String {
    if binding(expr) < outer { parenthesised(&text(expr)) } else { text(expr) }
}

/// A right operand.
fn after(expr: &Expr, outer: Binding) -> String {
    if binding(expr) <= outer { parenthesised(&text(expr)) } else { text(expr) }
}

fn parenthesised(text: &str) -> String {
    if text.contains('\n') { format!("(\n  {}\n)", text.replace('\n', "\n  ")) } else { format!("({text})") }
}

fn binding(expr: &Expr) -> Binding {
    match expr {
        Expr::Combine(_, SetOperator::Or, _) => Binding::Or,
        Expr::Combine(_, SetOperator::And | SetOperator::Unless, _) => Binding::And,
        Expr::Filter(..) | Expr::FilterBy(..) => Binding::Comparison,
        Expr::Vectors(_, math, _) | Expr::ScalarFirst(_, math, _) | Expr::ScalarLast(_, math, _) => {
            match math {
                Math::Add | Math::Subtract => Binding::Sum,
                Math::Multiply | Math::Divide => Binding::Product,
            }
        }
        _ => Binding::Word,
    }
}

impl RangeFunction {
    fn word(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Increase => "increase",
            Self::Delta => "delta",
        }
    }
}

impl Aggregation {
    fn word(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Max => "max",
        }
    }
}

impl Math {
    fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }
}

impl Comparison {
    fn symbol(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::Below => "<",
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
        }
    }
}

impl SetOperator {
    fn word(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Or => "or",
            Self::Unless => "unless",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Selector, above, increase, latest, max, now, or, quantile, rate, sum, unless};
    use super::*;
    use std::time::Duration;

    fn metric(name: &'static str) -> Expr {
        latest(Selector::all(name))
    }

    #[test]
    fn parentheses_are_where_promql_needs_them() {
        let (a, b, c) = (|| metric("a"), || metric("b"), || metric("c"));
        assert_eq!((a() / b() / c()).to_string(), "a / b / c");
        assert_eq!((a() / (b() / c())).to_string(), "a / (b / c)");
        assert_eq!((100.0 * a() / above(b() + c(), 0.0)).to_string(), "100 * a / (b + c > 0)");
        assert_eq!((now() - max(["instance"], a())).to_string(), "time() - max by (instance) (a)");
        assert_eq!(above(or(a(), b()), 1.0).to_string(), "(\n  a\n  or b\n) > 1");
        assert_eq!(unless(a(), or(b(), c())).to_string(), "a\nunless (\n  b\n  or c\n)");
        assert_eq!(comparison_text(&(a() + b()), Comparison::Below, 0.5), "a + b < 0.5");
    }

    #[test]
    fn functions_are_written_with_window_and_offset() {
        let minute = Duration::from_secs(60);
        let ago = increase(Selector::all("a").is("b", "c"), 60 * minute).ago(15 * minute);
        assert_eq!(ago.to_string(), r#"increase(a{b="c"}[1h] offset 15m)"#);
        let p99 = quantile(0.99, sum(["route", "le"], rate(Selector::all("d"), 5 * minute)));
        assert_eq!(p99.to_string(), "histogram_quantile(0.99, sum by (route, le) (rate(d[5m])))");
    }
}

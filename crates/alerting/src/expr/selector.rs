//! Which series of a metric are meant.

use crate::{Labels, labels::quoted};
use std::fmt;

/// A metric, and what its labels must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The metric's name.
    pub metric: &'static str,
    /// All of these must hold.
    pub matchers: Vec<Matcher>,
}

/// What a label must be. A label that is not there is one that is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// Exactly this.
    Is(&'static str, &'static str),
    /// One of these words, which have no character that is special in a regular expression.
    OneOf(&'static str, &'static [&'static str]),
}

impl Selector {
    /// Every series of a metric.
    pub const fn all(metric: &'static str) -> Self {
        Self { metric, matchers: Vec::new() }
    }

    /// Only those whose label is this.
    #[must_use]
    pub fn is(mut self, label: &'static str, value: &'static str) -> Self {
        self.matchers.push(Matcher::Is(label, value));
        self
    }

    /// Only those whose label is one of these words.
    #[must_use]
    pub fn one_of(mut self, label: &'static str, values: &'static [&'static str]) -> Self {
        self.matchers.push(Matcher::OneOf(label, values));
        self
    }

    pub(crate) fn matches(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| match matcher {
            Matcher::Is(label, value) => labels.get(label) == *value,
            Matcher::OneOf(label, values) => values.contains(&labels.get(label)),
        })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.metric)?;
        for (index, matcher) in self.matchers.iter().enumerate() {
            f.write_str(if index == 0 { "{" } else { ", " })?;
            match matcher {
                Matcher::Is(label, value) => write!(f, "{label}={}", quoted(value))?,
                Matcher::OneOf(label, values) => write!(f, "{label}=~{}", quoted(&values.join("|")))?,
            }
        }
        f.write_str(if self.matchers.is_empty() { "" } else { "}" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_matches_by_all_its_matchers() {
        let selector = Selector::all("m").is("a", "1").one_of("b", &["2", "3"]);
        assert_eq!(selector.to_string(), r#"m{a="1", b=~"2|3"}"#);
        assert!(selector.matches(&Labels::from([("a", "1"), ("b", "3"), ("c", "4")])));
        assert!(!selector.matches(&Labels::from([("a", "1"), ("b", "23")])));
        assert!(!selector.matches(&Labels::from([("b", "2")])));
    }
}

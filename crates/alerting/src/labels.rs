//! The labels of a series.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// Label names and values of one series, without the metric's name. Sorted, so that equal sets are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Labels(BTreeMap<String, String>);

impl Labels {
    /// No labels.
    pub fn none() -> Self {
        Self::default()
    }

    /// The value of a label. As in PromQL, a label that is not there is one that is empty.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same with one label more, or with another value for it. An empty value takes the label away.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if value.is_empty() {
            self.0.remove(name);
        } else {
            self.0.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    /// Only these labels.
    pub(crate) fn only(&self, names: &[&str]) -> Self {
        names.iter().fold(Self::none(), |only, name| only.with(name, self.get(name)))
    }
}

impl<'a, const N: usize> From<[(&'a str, &'a str); N]> for Labels {
    fn from(pairs: [(&'a str, &'a str); N]) -> Self {
        pairs.into_iter().fold(Self::none(), |labels, (name, value)| labels.with(name, value))
    }
}

/// As PromQL writes them: `{state="open"}`, or `{}`.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (name, value)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{name}={}", quoted(value))?;
        }
        f.write_str("}")
    }
}

/// A PromQL string.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_written_sorted_and_escaped() {
        let labels = Labels::from([("b", "say \"hi\"\n"), ("a", "c:\\")]);
        assert_eq!(labels.to_string(), r#"{a="c:\\",b="say \"hi\"\n"}"#);
        assert_eq!(Labels::none().to_string(), "{}");
    }

    #[test]
    fn an_empty_label_is_none() {
        assert_eq!(Labels::from([("a", "")]), Labels::none());
        assert_eq!(Labels::from([("a", "1"), ("b", "2")]).only(&["b", "c"]), Labels::from([("b", "2")]));
    }
}

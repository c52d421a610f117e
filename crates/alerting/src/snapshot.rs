//! All our metrics at one time.

use crate::{ExpositionError, Labels, exposition};

/// All values of our metrics at one time, as a scrape would see them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    values: Vec<(String, Labels, f64)>,
}

impl Snapshot {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// What `/metrics` answers: the Prometheus text format. Timestamps in it are ignored.
    ///
    /// # Errors
    /// The first line that is not in that format.
    pub fn parse(text: &str) -> Result<Self, ExpositionError> {
        let mut snapshot = Self::new();
        for (index, line) in text.lines().enumerate() {
            if let Some((name, labels, value)) = exposition::parse_line(index + 1, line)? {
                snapshot.add(name, labels, value);
            }
        }
        Ok(snapshot)
    }

    /// Adds the value of one series.
    pub fn add(&mut self, metric: impl Into<String>, labels: Labels, value: f64) {
        self.values.push((metric.into(), labels, value));
    }

    /// Metric, labels and value of each series.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Labels, f64)> {
        self.values.iter().map(|(metric, labels, value)| (metric.as_str(), labels, *value))
    }
}

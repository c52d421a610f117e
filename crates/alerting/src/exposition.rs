//! One line of the Prometheus text format (version 0.0.4).

use crate::Labels;

/// A line that is not in the Prometheus text format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the metrics: {what}")]
pub struct ExpositionError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Metric, labels and value of a line, or nothing if it is blank or a comment.
pub(crate) fn parse_line(number: usize, line: &str) -> Result<Option<(&str, Labels, f64)>, ExpositionError> {
    let wrong = |what| ExpositionError { line: number, what };
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let name_ends = line.find(|c: char| c == '{' || c.is_whitespace()).ok_or(wrong("there is no value"))?;
    let (name, rest) = line.split_at(name_ends);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inside) => parse_labels(inside).map_err(wrong)?,
        None => (Labels::none(), rest),
    };
    let value = rest.split_whitespace().next().ok_or(wrong("there is no value"))?;
    let value = value.parse().map_err(|_| wrong("the value is not a number"))?;
    Ok(Some((name, labels, value)))
}

/// The labels up to the closing brace, and what follows it.
fn parse_labels(mut text: &str) -> Result<(Labels, &str), &'static str> {
    let mut labels = Labels::none();
    loop {
        text = text.trim_start_matches([',', ' ', '\t']);
        if let Some(rest) = text.strip_prefix('}') {
            return Ok((labels, rest));
        }
        let (name, rest) = text.split_once('=').ok_or("a label has no value")?;
        let quoted = rest.trim_start().strip_prefix('"').ok_or("a label's value is not quoted")?;
        let (value, rest) = parse_quoted(quoted)?;
        labels = labels.with(name.trim(), &value);
        text = rest;
    }
}

/// The text up to the closing quote, and what follows it.
fn parse_quoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &text[index + 1..])),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped)) => value.push(escaped),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err("a label's value does not end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_name_labels_and_a_value() {
        let line = r#"http_server_count{route="/a,{b}=\"c\"\\\n", code="200",} 3.5e1 1700000000000"#;
        let (name, labels, value) = parse_line(1, line).unwrap().unwrap();
        assert_eq!(name, "http_server_count");
        assert_eq!(labels, Labels::from([("route", "/a,{b}=\"c\"\\\n"), ("code", "200")]));
        assert_eq!(value, 35.0);
    }

    #[test]
    fn labels_are_optional_and_values_may_be_infinite() {
        assert_eq!(parse_line(1, "up 1"), Ok(Some(("up", Labels::none(), 1.0))));
        assert_eq!(parse_line(1, "up{} +Inf"), Ok(Some(("up", Labels::none(), f64::INFINITY))));
        assert!(parse_line(1, "up NaN").unwrap().unwrap().2.is_nan());
        assert_eq!(parse_line(1, "# TYPE up gauge"), Ok(None));
        assert_eq!(parse_line(1, "  "), Ok(None));
    }

    #[test]
    fn what_is_no_line_is_refused_with_its_number() {
        for line in ["up", "up x", "up{a} 1", "up{a=1} 1", "up{a=\"1} 1", "up{a=\"1\\", "up{a=\"1\"", "up{} "]
        {
            assert_eq!(parse_line(7, line).unwrap_err().line, 7, "{line}");
        }
    }
}

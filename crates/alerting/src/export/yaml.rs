//! Just enough YAML to write files that people read: block style, in the order given.

/// A value.
pub(super) enum Yaml {
    /// What fits on the line it is on, as YAML.
    Scalar(String),
    /// A string of several lines.
    Lines(String),
    /// Several values.
    List(Vec<Yaml>),
    /// Named values.
    Map(Vec<(&'static str, Yaml)>),
}

/// A string.
pub(super) fn text(text: impl Into<String>) -> Yaml {
    let text = text.into();
    if text.contains('\n') { Yaml::Lines(text) } else { Yaml::Scalar(scalar(&text)) }
}

/// A number, a truth value, or a duration.
pub(super) fn literal(value: impl ToString) -> Yaml {
    Yaml::Scalar(value.to_string())
}

/// A list of strings on one line.
pub(super) fn row(items: &[&str]) -> Yaml {
    let items: Vec<String> = items.iter().map(|item| scalar(item)).collect();
    Yaml::Scalar(format!("[{}]", items.join(", ")))
}

impl Yaml {
    /// A document under a comment.
    pub(super) fn document(&self, comment: &str) -> String {
        let mut document: String = comment.lines().map(|line| format!("# {line}\n")).collect();
        self.write(&mut document, 0);
        document
    }

    /// Writes lines of its own.
    fn write(&self, out: &mut String, indent: usize) {
        let margin = " ".repeat(indent);
        match self {
            Self::Scalar(scalar) => *out += &format!("{margin}{scalar}\n"),
            Self::Lines(lines) => {
                for line in lines.lines() {
                    *out += &format!("{margin}{line}\n");
                }
            }
            Self::List(items) => {
                for item in items {
                    let mut lines = String::new();
                    item.write(&mut lines, indent + 2);
                    // The first line begins beside its dash.
                    *out += &format!("{margin}- {}", lines.trim_start_matches(' '));
                }
            }
            Self::Map(entries) => {
                for (key, value) in entries {
                    *out += &format!("{margin}{key}:");
                    value.write_after_key(out, indent);
                }
            }
        }
    }

    fn write_after_key(&self, out: &mut String, indent: usize) {
        match self {
            Self::Scalar(scalar) => *out += &format!(" {scalar}\n"),
            Self::Lines(_) => {
                *out += " |-\n";
                self.write(out, indent + 2);
            }
            Self::List(items) if items.is_empty() => *out += " []\n",
            Self::List(_) | Self::Map(_) => {
                *out += "\n";
                self.write(out, indent + 2);
            }
        }
    }
}

/// A string without quotes if no reader could take it for anything else.
fn scalar(text: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "_-./()%' ".contains(c);
    let words = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"];
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(harmless)
        && !text.ends_with(' ')
        && !words.contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// Double quotes can say everything; single quotes are easier to read around double ones.
fn quoted(text: &str) -> String {
    if text.contains('"') && !text.contains(char::is_control) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let escaped = text.chars().map(|c| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_readable_and_means_what_was_given() {
        let document = Yaml::Map(vec![
            ("name", text("Success Rate %")),
            ("every", literal("30s")),
            ("words", row(&["no", "a b", "c: d"])),
            (
                "rules",
                Yaml::List(vec![
                    Yaml::Map(vec![
                        ("expr", text("a\n  and b")),
                        ("labels", Yaml::Map(vec![("n", literal(1))])),
                    ]),
                    text("say \"hi\"\t\\"),
                    text("it's \"\\\""),
                ]),
            ),
            ("none", Yaml::List(vec![])),
        ]);
        let written = document.document("What\nthis is");
        let expected = r#"# What
# this is
name: Success Rate %
every: 30s
words: ["no", a b, "c: d"]
rules:
  - expr: |-
      a
        and b
    labels:
      n: 1
  - "say \"hi\"\u0009\\"
  - 'it''s "\"'
none: []
"#;
        assert_eq!(written, expected);
        let read: serde_json::Value = serde_saphyr::from_str(&written).unwrap();
        assert_eq!(
            read,
            serde_json::json!({
                "name": "Success Rate %",
                "every": "30s",
                "words": ["no", "a b", "c: d"],
                "rules": [{"expr": "a\n  and b", "labels": {"n": 1}}, "say \"hi\"\t\\", "it's \"\\\""],
                "none": [],
            })
        );
    }
}

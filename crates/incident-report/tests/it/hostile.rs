//! No text can break the document, whatever it holds.

use crate::scenarios::with_everything_said_by;
use incident_report::write;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::collections::BTreeMap;

/// How often each kind of element occurs.
fn elements(report: &str) -> BTreeMap<&'static str, usize> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_MATH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS;
    let mut counts = BTreeMap::new();
    for event in Parser::new_ext(report, options) {
        let element = match event {
            Event::Start(tag) => match tag {
                Tag::Heading { .. } => "heading",
                Tag::Paragraph => "paragraph",
                Tag::List(_) => "list",
                Tag::Item => "item",
                Tag::Table(_) => "table",
                Tag::TableRow => "row",
                Tag::CodeBlock(_) => "code block",
                Tag::BlockQuote(_) => "quote",
                Tag::Strong => "strong",
                Tag::Emphasis => "emphasis",
                Tag::TableHead | Tag::TableCell => continue,
                _ => "something else",
            },
            Event::Text(_) | Event::Code(_) | Event::End(_) => continue,
            Event::SoftBreak => "line break",
            _ => "something else",
        };
        *counts.entry(element).or_insert(0) += 1;
    }
    counts
}

/// Alert words are made bold in the texts of alerts, so a text must not hold them to be compared.
fn is_left_alone(text: &str) -> bool {
    !["Pending", "Alerting", "Normal", "Recovering"].iter().any(|word| text.contains(word))
}

fn assert_harmless(text: &str) {
    let expected = elements(&write(&with_everything_said_by("boom")));
    let report = write(&with_everything_said_by(text));
    assert_eq!(elements(&report), expected, "{text:?} changed the document:\n{report}");
}

#[test]
fn an_ordinary_report_has_eight_sections_and_nothing_strange() {
    let elements = elements(&write(&with_everything_said_by("boom")));
    assert_eq!(elements["heading"], 9);
    assert_eq!(elements["table"], 2);
    assert!(!elements.contains_key("something else"), "{elements:?}");
}

#[test]
fn what_people_try_first_changes_nothing() {
    for text in [
        "\n\n# Resolved\n\nall is well",
        "\n---\n",
        "x\n===\n",
        "</ul><script>alert(1)</script><!-- ",
        "<https://evil.example> <a@b.example>",
        "![](https://evil.example/pixel.png) [a](b) [a][b] [^1]\n[b]: https://evil.example\n[^1]: x",
        "```\n# x\n```",
        "`` ` `a`` ``b` ```c",
        "| a | b |\n|---|---|\n| c | d |",
        "**a __b__ *c* _d_ ~~e~~ $f$ $$g$$",
        "1. a\n2. b\n* c\n- [x] d",
        "\\` \\\\` \\",
        "    code",
        "> quote",
        "&lt;b&gt; &#35;",
        "\u{2028}# x\u{85}# y\u{0}",
        "`a`*b*`c`",
        "$`a`$",
        "`\\`",
    ] {
        assert_harmless(text);
    }
}

#[test]
fn what_the_report_needs_not_to_show_it_does_not_show() {
    let mut facts = with_everything_said_by("boom");
    for event in &mut facts.events {
        event.key = format!("{}:canary-in-a-key", event.key);
    }
    facts.windows[0].plan.planned_by = Some(domain::UserId(987_654_321));
    let report = write(&facts);
    assert!(!report.contains("canary") && !report.contains("987654321"), "{report}");
}

#[test]
fn nothing_is_added_to_a_text_that_was_redacted() {
    let text = "HTTP 500, `https://factory.example/api/report?apiKey=[redacted]`";
    let report = write(&with_everything_said_by(text));
    let keys = report.matches("apiKey=").count();
    assert!(keys > 10);
    assert_eq!(
        report.matches("apiKey=[redacted]").count() + report.matches(r"apiKey=\[redacted]").count(),
        keys
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_changes_the_document(text in r"([`*_\[\]()<>!#|~$\\&:+=\-.\n a1b]|www\.|https://|\PC){0,40}") {
        prop_assume!(is_left_alone(&text));
        assert_harmless(&text);
    }
}

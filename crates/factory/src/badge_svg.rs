//! How a badge looks.

use crate::ledger::Badge;

const HEIGHT: usize = 20;
/// Of one character in Verdana at 11 pixels, on average and a little more.
const CHARACTER: usize = 7;
const PADDING: usize = 5;

/// The badge as SVG.
pub(crate) fn draw(badge: &Badge) -> String {
    let (left, right) = (width(&badge.label), width(&badge.value));
    let whole = left + right;
    let (left_middle, right_middle) = (left / 2, left + right / 2);
    let [label, value, color] = [&badge.label, &badge.value, &badge.color].map(|text| escaped(text));
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{HEIGHT}" role="img" aria-label="{label}: {value}">
  <title>{label}: {value}</title>
  <clipPath id="round"><rect width="{whole}" height="{HEIGHT}" rx="3"/></clipPath>
  <g clip-path="url(#round)">
    <rect width="{left}" height="{HEIGHT}" fill="#555"/>
    <rect x="{left}" width="{right}" height="{HEIGHT}" fill="{color}"/>
  </g>
  <g fill="#fff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11" text-anchor="middle">
    <text x="{left_middle}" y="14">{label}</text>
    <text x="{right_middle}" y="14">{value}</text>
  </g>
</svg>
"##
    )
}

fn width(text: &str) -> usize {
    text.chars().count() * CHARACTER + 2 * PADDING
}

/// Text within an element or an attribute of XML.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Not allowed in XML even as references (XML 1.0, section 2.2).
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_badge_is_markup() {
        let evil = r#""><script>alert('&')</script>"#.to_owned();
        let svg = draw(&Badge { label: evil.clone(), value: evil.clone(), color: evil });
        assert!(!svg.contains("<script") && !svg.contains("alert('"));
        assert_eq!(svg.matches("&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;").count(), 7);
    }

    #[test]
    fn a_badge_is_as_wide_as_its_texts() {
        let badge = Badge { label: "Tests".to_owned(), value: "42".to_owned(), color: "green".to_owned() };
        assert!(draw(&badge).contains(r#"width="69" height="20""#));
        assert!(draw(&badge).contains(r#"<rect x="45" width="24" height="20" fill="green"/>"#));
    }
}

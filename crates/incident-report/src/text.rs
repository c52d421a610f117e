//! Sentences that others made, as parts of a Markdown document that they cannot break.

/// The longest text that is shown, in characters; what is longer is cut.
pub const MAX_TEXT: usize = 600;

/// A text in the middle of a line of Markdown. What stands between two backticks is code; apart from that it looks
/// the way it was written, and no part of it is a link, an emphasis, a tag or a line of its own.
///
/// `strong` is a word whose last mention outside of code is made bold.
pub(crate) fn sentence(text: &str, strong: Option<&str>) -> String {
    let line = one_line(text);
    let mut parts = parts(&line);
    let mut shown = String::with_capacity(line.len() + 16);
    let bold = strong.and_then(|word| {
        let last =
            parts.iter().rposition(|part| part.is_plain() && find_word(part.text(), word).is_some())?;
        Some((last, word))
    });
    for (place, part) in parts.drain(..).enumerate() {
        match part {
            Part::Plain(text) => match bold.filter(|(last, _)| *last == place) {
                Some((_, word)) => push_with_bold(&mut shown, text, word),
                None => push_escaped(&mut shown, text),
            },
            Part::Code(text) => {
                // Two runs of backticks side by side would be one run.
                if shown.ends_with('`') {
                    shown.push(' ');
                }
                shown.push_str(&format!("`{text}`"));
            }
        }
    }
    shown
}

/// A text as code in the middle of a line.
pub(crate) fn code(text: &str) -> String {
    let line = one_line(text);
    let fence = "`".repeat(longest_run_of_backticks(&line) + 1);
    // The spaces are not shown; without them a backtick at either end would belong to the fence.
    if line.contains('`') { format!("{fence} {line} {fence}") } else { format!("`{line}`") }
}

/// A text as a block of its own, word for word.
pub(crate) fn block(text: &str) -> String {
    let line = one_line(text);
    let fence = "`".repeat(longest_run_of_backticks(&line).max(2) + 1);
    format!("{fence}text\n{line}\n{fence}\n")
}

/// A text on one line, without what a terminal or a reader's eye could be fooled with, and cut at [`MAX_TEXT`].
/// An empty text is a dash.
pub(crate) fn one_line(text: &str) -> String {
    let visible = text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_invisible(*c));
    let mut line = String::new();
    let mut length = 0;
    for c in visible {
        let space = c.is_whitespace();
        if space && (line.is_empty() || line.ends_with(' ')) {
            continue;
        }
        if length == MAX_TEXT {
            line.truncate(line.trim_end().len());
            line.push('…');
            return line;
        }
        line.push(if space { ' ' } else { c });
        length += 1;
    }
    line.truncate(line.trim_end().len());
    if line.is_empty() { "-".to_owned() } else { line }
}

/// Characters that reorder or hide what stands around them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

enum Part<'a> {
    Plain(&'a str),
    Code(&'a str),
}

impl<'a> Part<'a> {
    fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    fn text(&self) -> &'a str {
        match self {
            Self::Plain(text) | Self::Code(text) => text,
        }
    }
}

/// A backtick without a partner, or with nothing between it and its partner, is a character like others.
fn parts(line: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut plain_from, mut look_from) = (0, 0);
    while let Some(open) = line[look_from..].find('`').map(|found| look_from + found) {
        let Some(close) = line[open + 1..].find('`').map(|found| open + 1 + found) else { break };
        let inner = line[open + 1..close].trim();
        if !inner.is_empty() {
            parts.push(Part::Plain(&line[plain_from..open]));
            parts.push(Part::Code(inner));
            plain_from = close + 1;
        }
        look_from = close + 1;
    }
    parts.push(Part::Plain(&line[plain_from..]));
    parts
}

/// Where a word stands for the last time, as a word of its own.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let of_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let whole = |at: &usize| {
        !of_word(text[..*at].chars().next_back()) && !of_word(text[at + word.len()..].chars().next())
    };
    text.rmatch_indices(word).map(|(at, _)| at).find(whole)
}

fn push_with_bold(shown: &mut String, text: &str, word: &str) {
    let Some(at) = find_word(text, word) else { return push_escaped(shown, text) };
    push_escaped(shown, &text[..at]);
    shown.push_str("**");
    push_escaped(shown, word);
    shown.push_str("**");
    push_escaped(shown, &text[at + word.len()..]);
}

/// Puts a backslash before whatever would mean something to a reader of Markdown in the middle of a line, and before
/// what makes a link of a bare address.
fn push_escaped(shown: &mut String, text: &str) {
    let mut before = None;
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let next = rest.chars().next();
        let special = match c {
            '\\' | '`' | '*' | '[' | '<' | '~' | '$' => true,
            '_' => ![before, next].iter().all(|side: &Option<char>| side.is_some_and(char::is_alphanumeric)),
            '&' => next.is_some_and(|c| c == '#' || c.is_alphanumeric()),
            ':' => rest.starts_with("//"),
            '.' => ends_with_www(&text[..at]),
            '!' => next == Some('['),
            '#' | '+' | '-' | '=' | '>' | '|' => shown.is_empty(),
            _ => false,
        };
        if special {
            shown.push('\\');
        }
        shown.push(c);
        before = Some(c);
    }
}

fn ends_with_www(text: &str) -> bool {
    let end = text.len().checked_sub(3).and_then(|from| text.get(from..));
    end.is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        sentence(text, None)
    }

    #[test]
    fn what_means_something_in_markdown_is_shown_as_it_is() {
        assert_eq!(plain("a *b* _c_ ~d~ $e$ \\f"), r"a \*b\* \_c\_ \~d\~ \$e\$ \\f");
        assert_eq!(plain("![x](y) <b> &amp; R&D & co"), r"\!\[x](y) \<b> \&amp; R\&D & co");
        assert_eq!(plain("# no title"), r"\# no title");
        assert_eq!(plain("snake_case # 7 - and so on"), "snake_case # 7 - and so on");
    }

    #[test]
    fn a_bare_address_is_no_link() {
        assert_eq!(plain("see https://evil.example now"), r"see https\://evil.example now");
        assert_eq!(plain("see WWW.evil.example"), r"see WWW\.evil.example");
        assert_eq!(plain("at 10:10:30, ü.x"), "at 10:10:30, ü.x");
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(plain("status 500, `{\"a\": \"*b*\"}`."), "status 500, `{\"a\": \"*b*\"}`.");
        assert_eq!(plain("`a``b`"), "`a` `b`");
        assert_eq!(plain("`` and ` `"), r"\`\` and \` \`");
        assert_eq!(plain("one ` only"), r"one \` only");
    }

    #[test]
    fn the_last_mention_of_a_word_can_be_bold() {
        let bold = |text| sentence(text, Some("Normal"));
        assert_eq!(bold("from Normal to Normal, `Normal`."), "from Normal to **Normal**, `Normal`.");
        assert_eq!(bold("Normally"), "Normally");
    }

    #[test]
    fn a_text_is_one_line_without_what_cannot_be_seen() {
        assert_eq!(one_line("  a\r\n\n## b\t\u{1b}[31mc\u{202e}d \u{2028} e "), "a ## b [31mcd e");
        assert_eq!(one_line(" \n\u{feff} "), "-");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(one_line(&"ä".repeat(MAX_TEXT)).chars().count(), MAX_TEXT);
        let cut = one_line(&"ä".repeat(MAX_TEXT + 1));
        assert_eq!(cut.chars().count(), MAX_TEXT + 1);
        assert!(cut.ends_with("ä…"));
    }

    #[test]
    fn code_holds_any_backticks() {
        assert_eq!(code("pizza.example"), "`pizza.example`");
        assert_eq!(code("a``b`"), "``` a``b` ```");
        assert_eq!(block("x"), "```text\nx\n```\n");
        assert_eq!(block("```\n# x"), "````text\n``` # x\n````\n");
    }
}

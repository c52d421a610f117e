//! Plain text: by the shape of what is in it, word by word.

use super::{REDACTED, is_secret};
use std::fmt::Write;

/// A compact JWS has a header and a signature, and neither is short.
pub(super) const SHORTEST_JWS: usize = 60;
/// The factory's link that ends its chaos is `…/support/{key}/report/{code}`.
const SUPPORT: &str = "/support/";
/// The start of a signature that is shown is no more than this part of it.
const SHOWN: usize = 8;

pub(super) fn redact(words: &str, secrets: &[&str]) -> String {
    let mut shown = String::with_capacity(words.len());
    let mut next = Next::Plain;
    for piece in words.split_inclusive(ends_word) {
        let word = piece.trim_end_matches(ends_word);
        let end = &piece[word.len()..];
        if !word.is_empty() {
            if next == Next::Secret && !is_scheme(word) {
                shown.push_str(REDACTED);
            } else {
                one_word(word, &mut shown);
            }
        }
        shown.push_str(end);
        next = next.after(word, end);
    }
    // Longest first, lest a short one leave half of a long one.
    let mut secrets: Vec<_> = secrets.iter().filter(|secret| !secret.is_empty()).collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.into_iter().fold(shown, |shown, secret| shown.replace(secret, REDACTED))
}

/// Without what only a name before it makes a secret.
pub(super) fn shapes(words: &str) -> String {
    let mut shown = String::with_capacity(words.len());
    for piece in words.split_inclusive(ends_word) {
        let word = piece.trim_end_matches(ends_word);
        one_word(word, &mut shown);
        shown.push_str(&piece[word.len()..]);
    }
    shown
}

pub(super) fn has_report_link(word: &str) -> bool {
    report_link(word).is_some()
}

/// A compact JWS by the start of its signature.
pub(super) fn fingerprinted(word: &str) -> Option<String> {
    if word.len() <= SHORTEST_JWS || word.split('.').count() < 3 || !word.chars().all(is_in_token) {
        return None;
    }
    match word.trim_end_matches('.').rsplit('.').next() {
        Some(signature) if signature.len() >= 2 * SHOWN => {
            Some(format!("[redacted, signature {}...]", &signature[..SHOWN]))
        }
        _ => Some(REDACTED.to_owned()),
    }
}

/// What the next word is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Plain,
    /// A name was said: a colon or an equals sign makes what follows its value.
    Named,
    Secret,
}

impl Next {
    fn after(self, word: &str, end: &str) -> Self {
        let assigns = |text: &str| text.contains([':', '=']);
        if word.is_empty() {
            return if self == Self::Named && assigns(end) { Self::Secret } else { self };
        }
        let name = word.trim_end_matches([':', '=']);
        if is_scheme(name) || (self == Self::Named && name.is_empty()) {
            return Self::Secret;
        }
        let name = name.rsplit(['?', '&', ';', '/', '.', '{', '[', ',']).next().unwrap_or_default();
        match is_secret(name) {
            true if word.ends_with([':', '=']) || assigns(end) => Self::Secret,
            true => Self::Named,
            false => Self::Plain,
        }
    }
}

fn is_scheme(word: &str) -> bool {
    let word = word.trim_end_matches(':');
    word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic")
}

fn ends_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\\' | '"' | '\'' | '<' | '>' | '(' | ')' | ',' | '=')
}

fn one_word(word: &str, shown: &mut String) {
    if let Some(at) = report_link(word) {
        shown.push_str(&without_login(&word[..at]));
        shown.push_str("/support/[redacted]");
        if word[at + SUPPORT.len()..].to_ascii_lowercase().contains("/report") {
            shown.push_str("/report/[redacted]");
        }
        return;
    }
    for run in runs(&without_login(word)) {
        match fingerprinted(run) {
            Some(fingerprint) => shown.push_str(&fingerprint),
            None => shown.push_str(run),
        }
    }
}

fn report_link(word: &str) -> Option<usize> {
    // Every request's path is looked at, so nothing is copied. What is found is ASCII, so it begins a character.
    word.as_bytes().windows(SUPPORT.len()).position(|part| part.eq_ignore_ascii_case(SUPPORT.as_bytes()))
}

/// `scheme://user:password@host` without the user and the password.
fn without_login(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let mut shown = String::with_capacity(word.len());
    // Writing to a string cannot fail.
    let _ = match rest[..end].rsplit_once('@') {
        Some((_, host)) => write!(shown, "{scheme}://{REDACTED}@{host}{}", &rest[end..]),
        None => write!(shown, "{word}"),
    };
    shown
}

/// The word in pieces, which each may be a token, or hold no part of one.
fn runs(word: &str) -> impl Iterator<Item = &str> {
    word.split_inclusive(|character| !is_in_token(character)).flat_map(|run| {
        let end = run.trim_end_matches(|character| !is_in_token(character)).len();
        let (token, rest) = run.split_at(end);
        [token, rest]
    })
}

fn is_in_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

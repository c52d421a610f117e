//! What was sent and answered, as it may be shown: without its secrets.
//!
//! JSON is redacted by its structure: a member that is named like a secret loses its value, whatever that is. In the
//! strings that remain, and in a stranger's plain text, what has the shape of a secret goes too. Of a pizza or a
//! session the first 8 characters of the signature stay, to find it by. Cutting comes last, so that no half of a
//! secret escapes recognition.

mod text;

use serde_json::Value;
use std::borrow::Cow;

/// The most that is shown of a request or an answer, in bytes.
pub const LONGEST: usize = 4 * 1024;
/// A body that is larger, in bytes, is not read for the log: to redact it would cost more than to serve it.
const LARGEST: usize = 32 * 1024;

const REDACTED: &str = "[redacted]";

/// Whatever is named so, or has a name with this in it, is a secret: in lower case, without separators.
const SECRET_NAMES: [&str; 10] = [
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "fixcode",
    "jwt",
    "passphrase",
    "password",
    "secret",
    "token",
];

/// A body, if it is JSON; its size, if it is anything else. `secrets` are those that are known by their value.
pub fn body(bytes: &[u8], secrets: &[&str]) -> String {
    match read(bytes) {
        Some(value) => cut(json(value, secrets).to_string(), LONGEST),
        None => format!("[{} bytes]", bytes.len()),
    }
}

/// A third party's body: JSON, or words for people, which are what we have to go by when it fails.
pub fn foreign_body(bytes: &[u8], secrets: &[&str], longest: usize) -> String {
    match read(bytes) {
        Some(value) => cut(json(value, secrets).to_string(), longest),
        None => words(&String::from_utf8_lossy(&bytes[..bytes.len().min(LARGEST)]), secrets, longest),
    }
}

/// Words that may have secrets in them.
pub fn words(words: &str, secrets: &[&str], longest: usize) -> String {
    cut(text::redact(words, secrets), longest)
}

/// Words of our own that quote a caller: only what has the shape of a token or a link goes, for the names of members
/// are what such words are about.
pub fn shapes(words: &str) -> String {
    cut(text::shapes(words), LONGEST)
}

/// A request's path: nobody should put a secret there, but somebody will follow a report link to the wrong server.
pub fn path(path: &str) -> Cow<'_, str> {
    let is_long = path.len() > text::SHORTEST_JWS;
    if is_long || path.contains('@') || text::has_report_link(path) {
        Cow::Owned(text::redact(path, &[]))
    } else {
        Cow::Borrowed(path)
    }
}

fn read(bytes: &[u8]) -> Option<Value> {
    if bytes.len() > LARGEST {
        return None;
    }
    serde_json::from_slice(bytes).ok()
}

fn json(value: Value, secrets: &[&str]) -> Value {
    match value {
        Value::String(words) => Value::String(match within(&words) {
            Some(inner) => json(inner, secrets).to_string(),
            None => text::redact(&words, secrets),
        }),
        Value::Array(values) => values.into_iter().map(|value| json(value, secrets)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let value = if is_secret(&name) { hidden(&value) } else { json(value, secrets) };
                (text::redact(&name, secrets), value)
            })
            .collect(),
        plain => plain,
    }
}

/// JSON as a string within JSON.
fn within(words: &str) -> Option<Value> {
    let words = words.trim();
    (words.starts_with(['{', '[', '"'])).then(|| serde_json::from_str(words).ok()).flatten()
}

/// That there is something stays to be seen, for "null" and "missing" are what many an error is about.
fn hidden(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(words) => text::fingerprinted(words).unwrap_or_else(|| REDACTED.to_owned()).into(),
        _ => REDACTED.into(),
    }
}

fn is_secret(name: &str) -> bool {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

fn cut(mut words: String, longest: usize) -> String {
    words.truncate(words.floor_char_boundary(longest));
    words
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use factory_api::{ErrorBody, ReportLink};
use serde_json::Value;

const REDACTED: &str = "[redacted]";
const LONGEST: usize = 1024;

/// Members whose value is a secret wherever they turn up, in lower case.
const SECRET_MEMBERS: [&str; 8] =
    ["apikey", "api_key", "authorization", "fixcode", "jwt", "password", "secret", "token"];

/// The factory's body as it may be logged and shown: links, keys and tokens replaced, cut at 1 KiB.
///
/// Cutting comes last, so that no half of a secret escapes recognition.
pub(crate) fn body(bytes: &[u8], api_key: &str) -> String {
    let shown = match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => json(value).to_string(),
        Err(_) => text(&String::from_utf8_lossy(bytes)),
    };
    cut(without_key(shown, api_key))
}

/// The sentence in the factory's body when it sent one, for a person will read it; or [`body`].
pub(crate) fn words(bytes: &[u8], api_key: &str) -> String {
    match serde_json::from_slice::<ErrorBody>(bytes) {
        Ok(said) => message(&said.message, api_key),
        Err(_) => body(bytes, api_key),
    }
}

/// Words of the factory's, or of the transport's, as [`body`].
pub(crate) fn message(words: &str, api_key: &str) -> String {
    cut(without_key(text(words), api_key))
}

fn json(value: Value) -> Value {
    match value {
        Value::String(words) => Value::String(match ReportLink::parse(&words) {
            Some(link) if link.expose().has_host() => link.to_string(),
            _ => text(&words),
        }),
        Value::Array(values) => values.into_iter().map(json).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let secret = SECRET_MEMBERS.contains(&name.to_ascii_lowercase().as_str());
                let value = if secret { REDACTED.into() } else { json(value) };
                (text(&name), value)
            })
            .collect(),
        plain => plain,
    }
}

/// Replaces, word by word, what has the shape of a report link, a bearer key or a compact JWS.
fn text(words: &str) -> String {
    let mut shown = String::with_capacity(words.len());
    let mut after_bearer = false;
    for piece in words.split_inclusive(ends_word) {
        let word = piece.trim_end_matches(ends_word);
        if word.is_empty() {
            shown.push_str(piece);
            continue;
        }
        match word.to_ascii_lowercase().find("/support/") {
            Some(at) => {
                shown.push_str(&word[..at]);
                shown.push_str("/support/[redacted]");
            }
            None if after_bearer || is_compact_jws(word) => shown.push_str(REDACTED),
            None => shown.push_str(word),
        }
        after_bearer = word.trim_end_matches(':').eq_ignore_ascii_case("bearer");
        shown.push_str(&piece[word.len()..]);
    }
    shown
}

fn ends_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '\'' | '<' | '>' | '(' | ')' | ',' | '=')
}

fn is_compact_jws(word: &str) -> bool {
    let token =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let parts: Vec<&str> = word.split('.').collect();
    parts.len() == 3 && word.len() > 60 && parts.into_iter().all(token)
}

fn without_key(words: String, api_key: &str) -> String {
    if api_key.is_empty() {
        return words;
    }
    words.replace(api_key, REDACTED)
}

fn cut(mut words: String) -> String {
    words.truncate(words.floor_char_boundary(LONGEST));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "s3cret-vendor-key";

    #[test]
    fn a_report_link_in_json_keeps_its_shape_only() {
        let answer = format!(
            r#"{{"message":"chaos monkey","reportUrl":"https://f.test/api/support/{KEY}/report/42fix"}}"#
        );
        let shown = body(answer.as_bytes(), "another key");
        assert!(shown.contains("chaos monkey"), "{shown}");
        assert!(shown.contains("https://f.test/api/support/[redacted]/report/[redacted]"), "{shown}");
        assert!(!shown.contains(KEY) && !shown.contains("42fix"), "{shown}");
    }

    #[test]
    fn a_report_link_in_plain_text_is_cut_off() {
        let page = format!("<p>see <a href=\"https://f.test/api/support/{KEY}/report/42fix\">x</a>");
        let shown = body(page.as_bytes(), "");
        assert!(shown.contains("see"), "{shown}");
        assert!(!shown.contains(KEY) && !shown.contains("42fix"), "{shown}");
    }

    #[test]
    fn our_key_bearer_keys_and_tokens_are_replaced() {
        let token = format!("{}.{}.{}", "a".repeat(30), "b".repeat(30), "c".repeat(30));
        let words = format!("key {KEY}, Authorization: Bearer other-key and {token} end");
        let shown = body(words.as_bytes(), KEY);
        assert_eq!(shown, "key [redacted], Authorization: Bearer [redacted] and [redacted] end");
        let nested = format!(r#"{{"a":[{{"apiKey":"x1","JWT":"x2","note":"{KEY}"}}]}}"#);
        let shown = body(nested.as_bytes(), KEY);
        for secret in ["x1", "x2", KEY] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn a_long_body_is_cut_after_it_is_redacted() {
        let body = body(format!("{}{KEY}", "é".repeat(508)).as_bytes(), KEY);
        assert!(body.len() <= LONGEST);
        assert!(!body.contains("s3c"), "{body}");
    }

    #[test]
    fn ordinary_words_stay() {
        assert_eq!(message("The oven is full.", KEY), "The oven is full.");
    }
}

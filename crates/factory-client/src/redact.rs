//! The factory's words, as they may be logged and shown: [`telemetry::redact`], which knows our key here.

use factory_api::ErrorBody;
use telemetry::redact;

/// In bytes.
const LONGEST: usize = 1024;

/// The factory's body: links, keys and tokens replaced, cut at 1 KiB.
pub(crate) fn body(bytes: &[u8], api_key: &str) -> String {
    redact::foreign_body(bytes, &[api_key], LONGEST)
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
    redact::words(words, &[api_key], LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "s3cret-vendor-key";

    #[test]
    fn a_sentence_is_shown_as_a_sentence_and_anything_else_as_it_came() {
        assert_eq!(words(br#"{"message":"The oven is full."}"#, KEY), "The oven is full.");
        assert_eq!(words(br#"{"error":"oven"}"#, KEY), r#"{"error":"oven"}"#);
        assert_eq!(words(b"<p>Bad gateway", KEY), "<p>Bad gateway");
    }

    #[test]
    fn neither_our_key_nor_the_link_that_has_it_is_shown() {
        let link = format!("https://f.test/api/support/{KEY}/report/42fix");
        let answer = format!(r#"{{"message":"chaos monkey, {KEY}","reportUrl":"{link}"}}"#);
        for shown in [body(answer.as_bytes(), KEY), words(answer.as_bytes(), KEY), message(&link, KEY)] {
            assert!(!shown.contains(KEY) && !shown.contains("42fix"), "{shown}");
        }
        assert!(
            body(answer.as_bytes(), KEY).contains("https://f.test/api/support/[redacted]/report/[redacted]")
        );
    }

    #[test]
    fn a_long_body_is_cut() {
        assert_eq!(body("x".repeat(2 * LONGEST).as_bytes(), KEY).len(), LONGEST);
    }
}

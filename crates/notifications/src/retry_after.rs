use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// A receiver must not be able to keep a page back for longer.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// What a receiver asks for in `Retry-After` (RFC 9110, section 10.2.3), seconds or a date, at most 5 min.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let asked = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = asked.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let until = rfc2822::DateTimeParser::new().parse_timestamp(asked).ok()?;
    // What has passed already is no wait.
    let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    Some(wait.min(LONGEST))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn seconds_and_dates_are_read_and_capped_and_nonsense_is_nothing() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (asked, wait) in [
            ("7", seconds(7)),
            ("3600", Some(LONGEST)),
            ("Tue, 02 Dec 2025 10:10:42 GMT", seconds(12)),
            ("Tue, 02 Dec 2025 10:00:00 GMT", seconds(0)),
            ("Wed, 03 Dec 2025 10:00:00 GMT", Some(LONGEST)),
            ("", None),
            ("-1", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(asked))]);
            assert_eq!(retry_after(&headers, "2025-12-02T10:10:30Z".parse().unwrap()), wait, "{asked}");
        }
    }
}

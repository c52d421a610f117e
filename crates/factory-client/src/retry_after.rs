use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// A factory that asks for more is asked again anyway: it must not be able to park us.
const LONGEST: Duration = Duration::from_secs(60);

/// Reads `Retry-After` (RFC 9110 section 10.2.3), seconds or a date, at most 60 s.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are simply a very long time.
        text.parse().map_or(LONGEST, Duration::from_secs)
    } else {
        let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO)
    };
    Some(wait.min(LONGEST))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
        retry_after(&headers, "2025-12-02T10:10:30Z".parse().unwrap())
    }

    #[test]
    fn seconds_are_read_and_capped() {
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read("3600"), Some(LONGEST));
        assert_eq!(read("99999999999999999999999"), Some(LONGEST));
    }

    #[test]
    fn a_date_is_read_and_the_past_is_now() {
        assert_eq!(read("Tue, 02 Dec 2025 10:10:42 GMT"), Some(Duration::from_secs(12)));
        assert_eq!(read("Tue, 02 Dec 2025 10:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("Tue, 02 Dec 2025 23:00:00 GMT"), Some(LONGEST));
    }

    #[test]
    fn nonsense_is_as_if_it_were_not_there() {
        for text in ["", "-1", "soon", "1.5"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

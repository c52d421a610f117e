//! What every answer tells a browser not to do with it. OWASP REST Security Cheat Sheet, "Security Headers".

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use std::time::Duration;

/// Only a page needs more than nothing, and says so itself.
const CONTENT_SECURITY_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// Menus change, and all else is somebody's own.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("no-store");

/// A page that posts a form says more, or its browser would not say where the form came from.
const REFERRER_POLICY: HeaderValue = HeaderValue::from_static("no-referrer");

const ALWAYS: [(HeaderName, HeaderValue); 2] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Adds them; a handler's own content security, referrer and cache policies stay.
pub fn add(headers: &mut HeaderMap, hsts: Option<&HeaderValue>) {
    // All at once: growing in steps would cost more than all the rest.
    headers.reserve(8);
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(CONTENT_SECURITY_POLICY);
    headers.entry(header::REFERRER_POLICY).or_insert(REFERRER_POLICY);
    headers.entry(header::CACHE_CONTROL).or_insert(CACHE_CONTROL);
    if let Some(hsts) = hsts {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts.clone());
    }
}

/// Tells browsers to come by HTTPS only, for so long (RFC 6797).
pub fn hsts(max_age: Duration) -> HeaderValue {
    HeaderValue::from_str(&format!("max-age={}", max_age.as_secs()))
        .expect("letters and digits are a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_its_own_policy_and_a_picture_its_cache_control() {
        let own = [
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'self'")),
            (header::CACHE_CONTROL, HeaderValue::from_static("max-age=60")),
        ];
        let mut headers = HeaderMap::from_iter(own.clone());
        add(&mut headers, None);
        for (name, value) in own {
            assert_eq!(headers.get_all(&name).iter().collect::<Vec<_>>(), [&value]);
        }
        assert_eq!(headers.len(), 5);
    }
}

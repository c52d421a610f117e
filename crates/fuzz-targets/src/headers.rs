use crate::{header_lines, text};
use domain::IdempotencyKey;
use service::{config::Http, outside};
use std::{net::IpAddr, sync::LazyLock, time::Duration};
use telemetry::TraceContext;

/// A cookie's value has neither a semicolon nor more than was sent, and is found among others.
pub fn cookies(bytes: &[u8]) {
    let headers = header_lines("cookie", bytes);
    for name in ["pizza_session", "pizza_cart", "pizza_theme", ""] {
        let Some(value) = outside::cookie(&headers, name) else { continue };
        assert!(!value.contains(';') && value.len() <= bytes.len());
        let again = header_lines("cookie", format!("a=1; {name}={value}; b=2").as_bytes());
        // Blanks at its ends are not the value's.
        assert_eq!(outside::cookie(&again, name).unwrap_or_default(), value.trim_end());
    }
}

/// A client who is no proxy of ours is who they are, whatever they say; behind one it is whom the last of ours saw.
pub fn forwarded_for(bytes: &[u8]) {
    static HTTP: LazyLock<Http> = LazyLock::new(|| {
        let proxies = "http.trusted_proxies = [\"10.0.0.0/8\", \"fd00::/8\"]";
        outside::configuration(proxies).expect("a configuration").http
    });
    let trusted = &HTTP.trusted_proxies;
    let headers = header_lines("x-forwarded-for", bytes);
    let stranger = IpAddr::from([203, 0, 113, 9]);
    assert_eq!(outside::client(stranger, &headers, trusted), stranger);
    let proxy = IpAddr::from([10, 0, 0, 1]);
    let client = outside::client(proxy, &headers, trusted);
    assert_eq!(client, client.to_canonical());
    let mut appended = headers.clone();
    appended.append("x-forwarded-for", http::HeaderValue::from_static("198.51.100.7"));
    assert_eq!(outside::client(proxy, &appended, trusted), IpAddr::from([198, 51, 100, 7]));
    assert_eq!(outside::client(proxy, &headers, &[]), proxy);
}

/// What is taken for a key is it, to the letter, and fits into its column and into a header.
pub fn idempotency_key(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let Ok(key) = IdempotencyKey::parse(text) else {
        assert!(
            text.is_empty() || text.len() > 255 || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        );
        return;
    };
    assert_eq!(key.as_str(), text);
    assert!(http::HeaderValue::from_str(key.as_str()).is_ok());
    assert_eq!(IdempotencyKey::parse(key.as_str()), Ok(key));
}

/// Nobody waits for longer than half a minute.
pub fn prefer(bytes: &[u8]) {
    assert!(outside::wait(&header_lines("prefer", bytes)) <= Duration::from_secs(30));
}

/// What is read is written as it was, but for the flags that we do not know.
pub fn traceparent(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let Some(context) = TraceContext::parse(text) else { return };
    let written = context.to_string();
    assert_eq!(written[..53], text[..53]);
    assert_eq!(TraceContext::parse(&written), Some(context));
}

//! Which pages of other origins may call the factory: those on the allow-list and our own, never
//! just anybody's.

use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Lets pages of these origins call; `http://localhost:*` stands for any port.
pub(crate) fn cors(allowed: Vec<String>) -> CorsLayer {
    let may_call = move |origin: &HeaderValue, request: &Parts| {
        let Ok(origin) = origin.to_str() else { return false };
        is_own(origin, request) || allowed.iter().any(|pattern| matches(pattern, origin))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(may_call))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers([header::RETRY_AFTER, HeaderName::from_static("x-request-id")])
}

fn is_own(origin: &str, request: &Parts) -> bool {
    let host = request.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    origin.split_once("://").is_some_and(|(_, origin_host)| Some(origin_host) == host)
}

fn matches(pattern: &str, origin: &str) -> bool {
    let Some(host) = pattern.strip_suffix(":*") else {
        return pattern == origin;
    };
    match origin.strip_prefix(host) {
        Some("") => true,
        Some(rest) => rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_a_port_and_nothing_else() {
        for (pattern, origin, expected) in [
            ("http://localhost:*", "http://localhost:5173", true),
            ("http://localhost:*", "http://localhost", true),
            ("http://localhost:*", "http://localhost.evil.example", false),
            ("http://localhost:*", "http://localhost:80.evil.example", false),
            ("http://localhost:*", "https://localhost:5173", false),
            ("https://pizza.example", "https://pizza.example", true),
            ("https://pizza.example", "https://pizza.example:444", false),
        ] {
            assert_eq!(matches(pattern, origin), expected, "{pattern} {origin}");
        }
    }
}

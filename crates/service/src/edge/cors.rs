//! Which pages of other origins may call the API: those on the allow-list and our own, never just anybody.

use axum::http::{HeaderName, HeaderValue, Method, header, request::Parts};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// The CORS rules for these allowed origins; `http://localhost:*` allows any port of localhost.
pub fn cors(allowed: Vec<String>) -> CorsLayer {
    let rule = move |origin: &HeaderValue, request: &Parts| {
        let Ok(origin) = origin.to_str() else { return false };
        is_own(origin, request) || allowed.iter().any(|pattern| matches(pattern, origin))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(rule))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("prefer"),
        ])
        .expose_headers([header::LOCATION, header::RETRY_AFTER, HeaderName::from_static("x-request-id")])
}

fn is_own(origin: &str, request: &Parts) -> bool {
    let host = request.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(|host| origin.split_once("://").is_some_and(|(_, origin_host)| origin_host == host))
}

fn matches(pattern: &str, origin: &str) -> bool {
    match pattern.strip_suffix(":*") {
        None => pattern == origin,
        Some(host) => {
            let port = origin.strip_prefix(host).and_then(|rest| rest.strip_prefix(':'));
            origin == host || port.is_some_and(|port| port.parse::<u16>().is_ok())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_a_port_and_nothing_else() {
        assert!(matches("http://localhost:*", "http://localhost:5173"));
        assert!(matches("http://localhost:*", "http://localhost"));
        assert!(!matches("http://localhost:*", "http://localhost.evil.example"));
        assert!(!matches("http://localhost:*", "http://localhost:80.evil.example"));
        assert!(!matches("http://localhost:*", "https://localhost:5173"));
        assert!(matches("https://pizza.example", "https://pizza.example"));
        assert!(!matches("https://pizza.example", "https://pizza.example:444"));
    }
}

//! Which pages of other origins may call the API: those on the allow-list and our own, never just anybody.
//!
//! A request without an `Origin` pays one look at its headers. Its answer does not say that it varies by origin: no
//! cache keeps it.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    response::Response,
};

const METHODS: HeaderValue = HeaderValue::from_static("GET,POST,PUT,DELETE");
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("authorization,content-type,idempotency-key,last-event-id,prefer");
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static("location,retry-after,x-request-id");
/// How long a browser may go by the answer to its preflight, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const ORIGIN: HeaderValue = HeaderValue::from_static("origin");

/// What a page of another origin is told.
pub struct Cors {
    /// The origin, if its pages may call.
    allowed: Option<HeaderValue>,
    preflight: bool,
}

impl Cors {
    /// Nothing, if the request is from no page of another origin.
    pub fn of(method: &Method, headers: &HeaderMap, allowed: &[String]) -> Option<Self> {
        let origin = headers.get(header::ORIGIN)?;
        let may_call = origin.to_str().is_ok_and(|origin| {
            is_own(origin, headers) || allowed.iter().any(|pattern| matches(pattern, origin))
        });
        let preflight =
            method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        Some(Self { allowed: may_call.then(|| origin.clone()), preflight })
    }

    /// Whether the browser only asks whether its page may ask.
    pub fn is_preflight(&self) -> bool {
        self.preflight
    }

    /// The answer to a preflight; its headers are added as to every answer.
    pub fn preflight_answer() -> Response {
        Response::new(Body::empty())
    }

    /// Tells the browser what the page may do and see.
    pub fn add_to(self, headers: &mut HeaderMap) {
        headers.append(header::VARY, ORIGIN);
        let Some(origin) = self.allowed else { return };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        let more: &[(HeaderName, HeaderValue)] = match self.preflight {
            true => &[
                (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
                (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
            ],
            false => &[(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS)],
        };
        headers.extend(more.iter().cloned());
    }
}

fn is_own(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
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

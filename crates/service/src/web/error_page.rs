//! What goes wrong, as a page: kind, and with a way on.

use super::assets;
use crate::edge::Problem;
use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};

/// Scripts, styles, pictures and fonts of our own, forms to ourselves, and nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What every page says to the browser. The referrer policy is the strictest with which a browser still says
/// where a form comes from.
pub fn page_headers() -> [(HeaderName, HeaderValue); 2] {
    [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    ]
}

/// Whether whoever asks for this path reads HTML: a browser that opens a page, and no caller of the API.
pub fn wants_page(accept: Option<&HeaderValue>, path: &str) -> bool {
    let html =
        accept.and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"));
    html && !path.starts_with("/api/")
}

/// The page of a problem. It knows nobody, because what went wrong may be how we know people.
pub fn problem_page(problem: &Problem) -> String {
    let status = problem.status();
    let page = ErrorPage { words: Words::of(status), message: said(problem) };
    page.render().unwrap_or_else(|_| format!("<!doctype html><title>{status}</title><p>{status}</p>"))
}

#[derive(Template)]
#[template(path = "pages/error.html")]
struct ErrorPage {
    words: Words,
    message: String,
}

impl ErrorPage {
    fn asset(&self, name: &str) -> &'static str {
        assets::path(name)
    }
}

struct Words {
    title: &'static str,
    hint: &'static str,
}

impl Words {
    fn of(status: StatusCode) -> Self {
        let (title, hint) = match status {
            StatusCode::NOT_FOUND => (
                "Nothing on this plate",
                "The address may be mistyped, or what was here belongs to somebody else. The menu is still where it was.",
            ),
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
                ("That door is locked", "You may need to sign in, or to ask somebody who has the key.")
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                ("That cannot be done here", "The menu is a good place to start again.")
            }
            StatusCode::TOO_MANY_REQUESTS => ("One moment, please", "Try again a little later."),
            StatusCode::SERVICE_UNAVAILABLE => (
                "We cannot do that right now",
                "Orders that were placed are safe: they are written down before anything else happens. Please try again in a moment.",
            ),
            status if status.is_server_error() => (
                "Something went wrong on our side",
                "It is in our log, and orders that were placed are safe. Please try again in a moment.",
            ),
            _ => ("That did not work", "Nothing was changed. Please go back and try again."),
        };
        Self { title, hint }
    }
}

/// What is wrong, in words for people who do not know what an endpoint is.
fn said(problem: &Problem) -> String {
    match problem.message() {
        "unknown endpoint" => "There is no such page.".to_owned(),
        "unauthorized" => "Please sign in first.".to_owned(),
        message => sentence(message),
    }
}

/// The API speaks in phrases; a page speaks in sentences.
pub fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if message.ends_with(['.', '!', '?']) || message.is_empty() { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_browsers_that_open_a_page_get_one() {
        let accept = HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8");
        assert!(wants_page(Some(&accept), "/orders/1"));
        assert!(!wants_page(Some(&accept), "/api/order/1"));
        assert!(!wants_page(Some(&HeaderValue::from_static("*/*")), "/"));
        assert!(!wants_page(None, "/"));
    }

    #[test]
    fn a_phrase_becomes_a_sentence() {
        assert_eq!(sentence("unknown order"), "Unknown order.");
        assert_eq!(sentence("Done!"), "Done!");
    }
}

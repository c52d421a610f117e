//! Cookies, read and written. All of ours are for HTTP only and stay on our site (RFC 6265bis).

use axum::http::{HeaderMap, HeaderValue, header};
use std::time::Duration;

/// The session: the same token as the API's, which in turn never reads a cookie.
pub const SESSION: &str = "pizza_session";
/// A random name for a browser, which form tokens are bound to.
pub const VISITOR: &str = "pizza_visitor";
/// What is in the cart, sealed.
pub const CART: &str = "pizza_cart";
/// What is said once, sealed.
pub const NOTICE: &str = "pizza_notice";
/// Light or dark, if the visitor has a wish.
pub const THEME: &str = "pizza_theme";

/// The value of a cookie.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// Sets a cookie for so long; `secure` ones are never sent without HTTPS.
///
/// The value must be of characters that a cookie may have; what is not sets none.
pub fn keep(name: &str, value: &str, max_age: Duration, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let seconds = max_age.as_secs();
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(cookie).ok()
}

/// Takes a cookie back.
pub fn forget(name: &str, secure: bool) -> Option<HeaderValue> {
    keep(name, "", Duration::ZERO, secure)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; pizza_session=x.y.z"));
        headers.append(header::COOKIE, HeaderValue::from_static("pizza_theme=dark;b"));
        assert_eq!(read(&headers, SESSION), Some("x.y.z"));
        assert_eq!(read(&headers, THEME), Some("dark"));
        assert_eq!(read(&headers, "session"), None);
    }

    #[test]
    fn a_cookie_is_out_of_reach_of_scripts_and_of_other_sites() {
        let cookie = keep(SESSION, "x.y.z", Duration::from_secs(60), true).unwrap();
        assert_eq!(cookie, "pizza_session=x.y.z; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        assert!(!forget(SESSION, false).unwrap().to_str().unwrap().contains("Secure"));
        assert!(keep(SESSION, "a\nb", Duration::from_secs(60), true).is_none());
    }
}

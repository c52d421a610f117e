//! A form that was posted from one of our own pages. Any other is refused before a handler sees it.
//!
//! Three things must hold: the browser says that the request comes from our own origin (if it says anything), the
//! form has a token, and the token is the one we gave this browser in this session. OWASP Cross-Site Request Forgery
//! Prevention Cheat Sheet, "Signed double-submit cookie" with the session bound in.

use super::frame::{Frame, Stop};
use crate::{app::AppState, edge::Problem};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, header},
};
use secrecy::SecretString;
use url::form_urlencoded;

const EXPIRED: &str = "This form is out of date, perhaps because you signed in or out meanwhile. \
                       Nothing was changed: please go back, reload the page and try again.";

/// A form, and the frame of the page that answers it.
pub struct Form {
    /// Who posted it.
    pub frame: Frame,
    fields: Vec<(String, String)>,
}

impl FromRequest<AppState> for Form {
    type Rejection = Stop;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Stop> {
        let (mut parts, body) = request.into_parts();
        let frame = Frame::from_request_parts(&mut parts, app).await?;
        if !is_from_our_pages(&parts.headers) {
            return Err(refused("a form from another site"));
        }
        let body = Bytes::from_request(Request::from_parts(parts, body), app).await.map_err(|rejection| {
            Problem::new(
                rejection.status(),
                "The form could not be read: it is too long, or came too slowly.",
            )
        })?;
        let fields = form_urlencoded::parse(&body).into_owned().collect();
        let form = Self { frame, fields };
        if !form.frame.gave(form.text("csrf")) {
            return Err(refused("a form without our token"));
        }
        Ok(form)
    }
}

impl Form {
    /// A field, without the spaces around it; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.fields.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.trim())
    }

    /// A field as it was typed, for nobody to print.
    pub fn secret(&self, name: &str) -> SecretString {
        let found = self.fields.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value.as_str()).into()
    }

    /// A field that is a whole number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name).parse().ok()
    }
}

fn refused(why: &'static str) -> Stop {
    tracing::warn!("type" = "audit", component = "web", why, "a form was refused");
    Problem::new(StatusCode::FORBIDDEN, EXPIRED).into()
}

/// Every current browser says where a form comes from; one that says nothing is judged by its token alone.
fn is_from_our_pages(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return false;
    }
    match text("origin") {
        None => true,
        Some(origin) => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
            origin.split_once("://").is_some_and(|(_, origin)| Some(origin) == host)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ours(headers: &[(&'static str, &'static str)]) -> bool {
        let header = |(name, value): &(&'static str, &'static str)| {
            (name.parse::<axum::http::HeaderName>().unwrap(), value.parse().unwrap())
        };
        is_from_our_pages(&headers.iter().map(header).collect())
    }

    #[test]
    fn a_form_comes_from_our_own_origin_or_says_nothing() {
        assert!(ours(&[("host", "pizza.example"), ("origin", "https://pizza.example")]));
        assert!(ours(&[("host", "pizza.example"), ("sec-fetch-site", "same-origin")]));
        assert!(ours(&[("host", "pizza.example")]));
        assert!(!ours(&[("host", "pizza.example"), ("origin", "https://evil.example")]));
        assert!(!ours(&[("host", "pizza.example"), ("origin", "null")]));
        assert!(!ours(&[("host", "localhost:3000"), ("origin", "http://localhost:5173")]));
        assert!(!ours(&[("host", "pizza.example"), ("sec-fetch-site", "same-site")]));
        assert!(!ours(&[
            ("host", "pizza.example"),
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://pizza.example")
        ]));
    }
}

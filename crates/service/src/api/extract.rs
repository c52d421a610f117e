//! Raw requests become types here, once.

use crate::{
    app::AppState,
    auth::Session,
    edge::{Exchange, Problem, client_address},
};
use axum::{
    body::Bytes,
    extract::{
        ConnectInfo, FromRequest, FromRequestParts, Request,
        rejection::{BytesRejection, JsonRejection},
    },
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use http_server::body_was_too_slow;
use serde::{
    Deserializer,
    de::{DeserializeOwned, Error, Unexpected, Visitor},
};
use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use telemetry::redact;

/// The live session of whoever asks; without one, 401.
pub struct Caller(pub Arc<Session>);

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let token = token(parts).ok_or_else(Problem::unauthorized)?;
        let session = app.sessions.find(token).await?.ok_or_else(Problem::unauthorized)?;
        if let Some(exchange) = parts.extensions.get::<Exchange>() {
            exchange.is_of(session.user.id);
        }
        Ok(Self(session))
    }
}

/// The live session of whoever asks, if there is one: for calls that are open to all and show some more.
pub struct MaybeCaller(pub Option<Arc<Session>>);

impl FromRequestParts<AppState> for MaybeCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        match token(parts) {
            None => Ok(Self(None)),
            Some(token) => Ok(Self(app.sessions.find(token).await?)),
        }
    }
}

/// `Authorization: <any word> <token>`.
fn token(parts: &Parts) -> Option<&str> {
    let header = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    header.trim().split_once(' ').map(|(_, token)| token.trim()).filter(|token| !token.is_empty())
}

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let what = "the body must be sent as application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, what));
        }
        let exchange = request.extensions().get::<Exchange>().cloned();
        let body = Bytes::from_request(request, app).await.map_err(|rejection| unread(&rejection))?;
        if let Some(exchange) = exchange {
            exchange.sent(&body);
        }
        parse(&body).map(Self)
    }
}

/// Reads JSON.
///
/// # Errors
/// 400, with what is wrong where.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    match serde_json::from_slice(body) {
        Ok(body) => Ok(body),
        Err(_) => axum::Json::from_bytes(body).map(|axum::Json(body)| body).map_err(|e| unreadable(&e)),
    }
}

/// `application/json`, or anything that ends in `+json` (RFC 6839), whatever its parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    let Some((kind, subtype)) = media_type.split_once('/') else { return false };
    let ends_in_json = |at: usize| subtype.get(at..).is_some_and(|end| end.eq_ignore_ascii_case("+json"));
    kind.eq_ignore_ascii_case("application")
        && (subtype.eq_ignore_ascii_case("json") || subtype.len().checked_sub(5).is_some_and(ends_in_json))
}

fn unread(rejection: &BytesRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
        _ if body_was_too_slow(rejection) => {
            Problem::new(StatusCode::REQUEST_TIMEOUT, "the body came too slowly")
        }
        _ => Problem::bad_request("the body could not be read"),
    }
}

/// Only here are the names of the members kept track of: that costs more than all the parsing.
fn unreadable(rejection: &JsonRejection) -> Problem {
    match rejection {
        // Its text names the field and the type it should have, in the caller's own words.
        JsonRejection::JsonDataError(error) => Problem::bad_request(redact::shapes(&error.body_text())),
        _ => Problem::bad_request("the body is not valid JSON"),
    }
}

/// What a path names. What is no text names nothing.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, app).await {
            Ok(axum::extract::Path(names)) => Ok(Self(names)),
            Err(_) => Err(Problem::not_found("unknown endpoint")),
        }
    }
}

/// The members of a query.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, app).await {
            Ok(axum::extract::Query(members)) => Ok(Self(members)),
            Err(_) => Err(Problem::bad_request("the query could not be read: each member may be there once")),
        }
    }
}

impl FromRequestParts<AppState> for Exchange {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        // The edge gives every request one.
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::internal)
    }
}

/// The address of whoever asks, seen through the proxies that we trust.
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.ip());
        Ok(Self(client_address(peer, &parts.headers, &app.config.http.trusted_proxies)))
    }
}

/// An id in a path. What is no number names nothing that exists.
pub fn path_id<T>(text: &str, id: fn(i64) -> T, what: &'static str) -> Result<T, Problem> {
    text.parse().map(id).map_err(|_| Problem::not_found(what))
}

/// An id in a body: a number, or the same in quotes, as some historic clients send it.
pub fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    struct Id;
    impl Visitor<'_> for Id {
        type Value = i64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id: a whole number, or one in quotes")
        }
        fn visit_i64<E: Error>(self, id: i64) -> Result<i64, E> {
            Ok(id)
        }
        fn visit_u64<E: Error>(self, id: u64) -> Result<i64, E> {
            i64::try_from(id).map_err(|_| E::invalid_value(Unexpected::Unsigned(id), &self))
        }
        fn visit_str<E: Error>(self, id: &str) -> Result<i64, E> {
            id.trim().parse().map_err(|_| E::invalid_value(Unexpected::Str(id), &self))
        }
    }
    deserializer.deserialize_any(Id)
}

/// A number in a query that is clamped, never trusted: nonsense reads as the default.
pub fn clamped(text: Option<&str>, default: u32, bounds: std::ops::RangeInclusive<u32>) -> u32 {
    let number = text.and_then(|text| text.trim().parse::<i64>().ok()).unwrap_or(i64::from(default));
    let clamped = number.clamp(i64::from(*bounds.start()), i64::from(*bounds.end()));
    u32::try_from(clamped).unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::clamped;

    #[test]
    fn absurd_pages_are_clamped() {
        assert_eq!(clamped(None, 3, 0..=100), 3);
        assert_eq!(clamped(Some("7"), 3, 0..=100), 7);
        assert_eq!(clamped(Some("-1"), 3, 0..=100), 0);
        assert_eq!(clamped(Some("99999999999"), 3, 0..=100), 100);
        assert_eq!(clamped(Some("1; DROP TABLE menu"), 3, 0..=100), 3);
    }
}

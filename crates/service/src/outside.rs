//! What this crate reads of bytes from outside, for whoever wants to try what it makes of any (`fuzz-targets`). The service
//! itself calls the same parsers where they are.

use crate::{
    api::{
        extract::clamped,
        order_request::{patience, read_order},
        users,
    },
    auth::Tokens,
    config::{Auth, Config, ConfigError},
    edge::{Problem, TrustedProxy, client_address},
    web::{self, Seal},
};
use axum::http::{HeaderMap, Uri};
use domain::User;
use std::{net::IpAddr, time::Duration};
use store::UserQuery;

/// Session tokens that are signed with one secret.
pub struct SessionTokens(Tokens);

impl SessionTokens {
    /// Those of this secret.
    pub fn of(secret: &str) -> Self {
        Self(Tokens::new(&secret.into(), &Auth::default()))
    }

    /// A token of this user; nothing if it cannot be signed.
    pub fn sign(&self, user: &User) -> Option<String> {
        self.0.sign(user).ok().map(|(token, _)| token)
    }

    /// From when to when it is good, in Unix seconds, if it is one of ours and has not ended.
    pub fn life(&self, token: &str) -> Option<(i64, i64)> {
        self.0.life(token)
    }
}

/// What the pages give to browsers and want back unchanged, sealed with one secret.
pub struct Sealed(Seal);

impl Sealed {
    /// With this secret.
    pub fn with(secret: &str) -> Self {
        Self(Seal::new(&secret.into()))
    }

    /// For this purpose.
    pub fn seal(&self, purpose: &str, text: &str) -> String {
        self.0.seal(purpose, text)
    }

    /// What was sealed for this purpose, if it was.
    pub fn open(&self, purpose: &str, sealed: &str) -> Option<String> {
        self.0.open(purpose, sealed)
    }
}

/// An order as it was asked for: franchise, store, and pizzas.
///
/// # Errors
/// The status and the words that whoever asked is told.
pub fn order(headers: &HeaderMap, body: &[u8]) -> Result<(i64, i64, Vec<i64>), (u16, String)> {
    read_order(headers, body)
        .map_err(|problem: Problem| (problem.status().as_u16(), problem.message().to_owned()))
}

/// How long whoever orders is ready to wait, by their `Prefer` header.
pub fn wait(headers: &HeaderMap) -> Duration {
    patience(headers, Duration::from_secs(3), Duration::from_secs(30))
}

/// Which page of people somebody asks for in a query; nothing if it cannot be read.
pub fn page(uri: &Uri) -> Option<UserQuery> {
    let query = axum::extract::Query::<users::ListQuery>::try_from_uri(uri).ok()?;
    Some(query.0.bounded())
}

/// A number in a query.
pub fn number(text: &str, default: u32, bounds: std::ops::RangeInclusive<u32>) -> u32 {
    clamped(Some(text), default, bounds)
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    web::cookie(headers, name)
}

/// A cart, written again as it was understood, and how many pizzas are in it.
pub fn cart(text: &str) -> (String, usize) {
    web::cart(text)
}

/// Where somebody is sent after they signed in.
pub fn next(text: &str) -> String {
    web::own_path(text).to_owned()
}

/// Whom a request is from, by its peer and its `X-Forwarded-For`, if these proxies are believed.
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[TrustedProxy]) -> IpAddr {
    client_address(peer, headers, trusted)
}

/// A configuration file.
///
/// # Errors
/// When it is none, or a value is out of its bounds.
pub fn configuration(toml: &str) -> Result<Config, ConfigError> {
    Config::read(toml)
}

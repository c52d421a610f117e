//! Session tokens: an HS256 JWT, made and read. Whether its session is live is for a row to say.

use crate::config::Auth;
use domain::{Role, User};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, errors::Error};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// Makes tokens, and reads them.
pub struct Tokens {
    sign: EncodingKey,
    /// Ours, and that of the historic service whose database we were given.
    verify: Vec<DecodingKey>,
    rules: Validation,
    ttl: Duration,
    /// How old a token of the historic service may be: those have no `exp`.
    legacy_max_age: Duration,
}

/// What a token says. Only signature, times and row are believed; the rest is there for historic clients.
#[derive(Serialize)]
struct Claims<'a> {
    id: i64,
    name: &'a str,
    email: &'a str,
    roles: Vec<RoleClaim>,
    iat: i64,
    exp: i64,
    jti: Uuid,
}

#[derive(Deserialize)]
struct Times {
    iat: i64,
    exp: Option<i64>,
}

/// A role as historic clients know it.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, utoipa::ToSchema)]
#[schema(as = Role)]
#[serde(rename_all = "camelCase")]
pub struct RoleClaim {
    /// `diner`, `franchisee` or `admin`.
    role: &'static str,
    /// The franchise of a franchisee.
    #[serde(skip_serializing_if = "Option::is_none")]
    object_id: Option<i64>,
}

impl From<Role> for RoleClaim {
    fn from(role: Role) -> Self {
        match role {
            Role::Diner => Self { role: "diner", object_id: None },
            Role::Franchisee(franchise) => Self { role: "franchisee", object_id: Some(franchise.0) },
            Role::Admin => Self { role: "admin", object_id: None },
        }
    }
}

impl Tokens {
    /// Signs with this secret, and accepts what was signed with it or with the historic service's.
    pub fn new(secret: &SecretString, settings: &Auth) -> Self {
        let secrets = [Some(secret), settings.legacy_jwt_secret.as_ref()].into_iter().flatten();
        let verify = secrets.map(|secret| DecodingKey::from_secret(secret.expose_secret().as_bytes()));
        let mut rules = Validation::new(Algorithm::HS256);
        // Checked when it is there; what is not there is replaced by an age.
        rules.required_spec_claims.clear();
        Self {
            sign: EncodingKey::from_secret(secret.expose_secret().as_bytes()),
            verify: verify.collect(),
            rules,
            ttl: settings.session_ttl,
            legacy_max_age: settings.legacy_token_max_age,
        }
    }

    /// A token of this user, and when it ends.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn sign(&self, user: &User) -> Result<(String, Timestamp), Error> {
        let now = Timestamp::now();
        let expires_at = later(now, self.ttl);
        let claims = Claims {
            id: user.id.0,
            name: user.name.as_str(),
            email: user.email.as_str(),
            roles: user.roles.iter().copied().map(RoleClaim::from).collect(),
            iat: now.as_second(),
            exp: expires_at.as_second(),
            jti: Uuid::new_v4(),
        };
        Ok((encode(&Header::new(Algorithm::HS256), &claims, &self.sign)?, expires_at))
    }

    /// When a token begins and ends, in Unix seconds, if it is one of ours and has not ended yet.
    pub fn life(&self, token: &str) -> Option<(i64, i64)> {
        let signed = self.verify.iter().find_map(|key| decode::<Times>(token, key, &self.rules).ok());
        signed.and_then(|token| self.bounds(&token.claims))
    }

    fn bounds(&self, times: &Times) -> Option<(i64, i64)> {
        let ends = times.exp.or_else(|| {
            let begun = Timestamp::from_second(times.iat).ok()?;
            Some(later(begun, self.legacy_max_age).as_second())
        })?;
        (ends > Timestamp::now().as_second()).then_some((times.iat, ends))
    }
}

/// What a session's row is found by.
pub fn signature_of(token: &str) -> &str {
    token.rsplit('.').next().unwrap_or_default()
}

fn later(then: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    then.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_without_an_end_ends_at_an_age() {
        let settings = Auth { legacy_token_max_age: Duration::from_secs(3600), ..Auth::default() };
        let tokens = Tokens::new(&"0123456789abcdef0123456789abcdef".into(), &settings);
        let now = Timestamp::now().as_second();
        let life = |age: i64, exp: Option<i64>| tokens.bounds(&Times { iat: now - age, exp });
        assert_eq!(life(3500, None), Some((now - 3500, now + 100)));
        assert_eq!(life(3601, None), None);
        assert_eq!(life(3601, Some(now + 5)), Some((now - 3601, now + 5)), "one that has an end keeps it");
        assert_eq!(tokens.bounds(&Times { iat: i64::MAX, exp: None }), None);
    }
}

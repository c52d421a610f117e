//! Sessions: an HS256 JWT that says who, and a row that says the session is still live.

use domain::{Role, User};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use store::{Store, StoreError};
use uuid::Uuid;

/// Makes, checks and ends sessions.
pub struct Sessions {
    store: Arc<dyn Store>,
    sign: EncodingKey,
    verify: DecodingKey,
    rules: Validation,
    ttl: Duration,
}

/// A live session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who it belongs to, with the roles they have now.
    pub user: User,
    /// When it began, in Unix seconds.
    pub issued_at: i64,
    /// The signature part of its token, by which the store knows it.
    pub signature: String,
}

/// Why a session could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    /// The token could not be signed.
    #[error("the session token could not be signed")]
    Sign(#[source] jsonwebtoken::errors::Error),
    /// It could not be recorded.
    #[error(transparent)]
    Store(#[from] StoreError),
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
}

/// A role as historic clients know it.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RoleClaim {
    role: &'static str,
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

impl Sessions {
    /// Signs with this secret; a session lives for `ttl`.
    pub fn new(store: Arc<dyn Store>, secret: &SecretString, ttl: Duration) -> Self {
        let secret = secret.expose_secret().as_bytes();
        Self {
            store,
            sign: EncodingKey::from_secret(secret),
            verify: DecodingKey::from_secret(secret),
            rules: Validation::new(Algorithm::HS256),
            ttl,
        }
    }

    /// Opens a session and gives its token.
    pub async fn open(&self, user: &User) -> Result<String, SessionsError> {
        let now = Timestamp::now();
        let ends =
            now.saturating_add(jiff::SignedDuration::try_from(self.ttl).unwrap_or(jiff::SignedDuration::MAX));
        let expires_at = ends.unwrap_or(Timestamp::MAX);
        let claims = Claims {
            id: user.id.0,
            name: user.name.as_str(),
            email: user.email.as_str(),
            roles: user.roles.iter().copied().map(RoleClaim::from).collect(),
            iat: now.as_second(),
            exp: expires_at.as_second(),
            jti: Uuid::new_v4(),
        };
        let token =
            encode(&Header::new(Algorithm::HS256), &claims, &self.sign).map_err(SessionsError::Sign)?;
        self.store.open_session(signature_of(&token), user.id, expires_at).await?;
        Ok(token)
    }

    /// The session of a token, if signature, expiry and row all say that it is live.
    pub async fn find(&self, token: &str) -> Result<Option<Session>, StoreError> {
        let Ok(times) = decode::<Times>(token, &self.verify, &self.rules) else {
            return Ok(None);
        };
        let signature = signature_of(token);
        let user = self.store.session_user(signature).await?;
        Ok(user.map(|user| Session { user, issued_at: times.claims.iat, signature: signature.to_owned() }))
    }

    /// Ends a session.
    pub async fn close(&self, session: &Session) -> Result<(), StoreError> {
        self.store.close_session(&session.signature).await.map(drop)
    }
}

fn signature_of(token: &str) -> &str {
    token.rsplit('.').next().unwrap_or_default()
}

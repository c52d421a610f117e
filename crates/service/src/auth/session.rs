//! Sessions: a token that says who, and a row that says the session is still live.
//!
//! A session that was just checked is kept at hand for [`FRESH`], because every request asks. What this
//! instance changes (a logout, somebody's roles) it forgets at once, so only a change that another instance
//! made can be seen late, and no later than that.

use super::token::{Tokens, signature_of};
use crate::config::Auth;
use domain::{User, UserId};
use jiff::Timestamp;
use moka::sync::Cache;
use secrecy::SecretString;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use store::{Store, StoreError};

/// How old what is known of a session may be.
const FRESH: Duration = Duration::from_secs(1);
/// Sessions that are kept at hand; more are looked up each time.
const AT_HAND: u64 = 10_000;

/// Who was here so lately is active.
const ACTIVE: Duration = Duration::from_secs(5 * 60);
/// Active people who are counted.
const MOST_ACTIVE: u64 = 1_000_000;

/// Makes, checks and ends sessions.
pub struct Sessions {
    store: Arc<dyn Store>,
    /// By token.
    fresh: Cache<Arc<str>, Arc<Session>>,
    /// Who was here lately.
    active: Cache<UserId, ()>,
    /// Counts what made sessions out of date, so that a check that began before it is not kept.
    changes: AtomicU64,
    tokens: Tokens,
}

/// A live session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who it belongs to, with the roles they have now.
    pub user: User,
    /// When it began, in Unix seconds.
    pub issued_at: i64,
    /// When it ends, in Unix seconds.
    expires_at: i64,
    token: Arc<str>,
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

impl Sessions {
    /// Signs with this secret, and accepts what was signed with it or with the historic service's.
    pub fn new(store: Arc<dyn Store>, secret: &SecretString, settings: &Auth) -> Self {
        Self {
            store,
            fresh: Cache::builder().max_capacity(AT_HAND).time_to_live(FRESH).build(),
            active: Cache::builder().max_capacity(MOST_ACTIVE).time_to_live(ACTIVE).build(),
            changes: AtomicU64::new(0),
            tokens: Tokens::new(secret, settings),
        }
    }

    /// Opens a session and gives its token.
    pub async fn open(&self, user: &User) -> Result<String, SessionsError> {
        let (token, expires_at) = self.tokens.sign(user).map_err(SessionsError::Sign)?;
        self.store.open_session(signature_of(&token), user.id, expires_at).await?;
        Ok(token)
    }

    /// The session of a token, if signature, expiry and row all say that it is live.
    pub async fn find(&self, token: &str) -> Result<Option<Arc<Session>>, StoreError> {
        if let Some(session) = self.fresh.get(token) {
            return Ok((session.expires_at > Timestamp::now().as_second()).then_some(session));
        }
        let Some((issued_at, expires_at)) = self.tokens.life(token) else {
            return Ok(None);
        };
        let changes = self.changes.load(Ordering::SeqCst);
        let Some(user) = self.store.session_user(signature_of(token)).await? else {
            return Ok(None);
        };
        self.active.insert(user.id, ());
        let session = Arc::new(Session { user, issued_at, expires_at, token: token.into() });
        self.fresh.insert(Arc::clone(&session.token), Arc::clone(&session));
        if self.changes.load(Ordering::SeqCst) != changes {
            // It may have been read before the change and kept after it.
            self.fresh.invalidate(token);
        }
        Ok(Some(session))
    }

    /// How many people were here within the last five minutes, as this instance has seen them.
    pub fn active_users(&self) -> u64 {
        self.active.run_pending_tasks();
        self.active.entry_count()
    }

    /// Ends a session.
    pub async fn close(&self, session: &Session) -> Result<(), StoreError> {
        let closed = self.store.close_session(signature_of(&session.token)).await;
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.fresh.invalidate(&session.token);
        closed.map(drop)
    }

    /// The roles of who knows how many have changed: everybody is looked up again.
    pub fn roles_changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.fresh.invalidate_all();
    }

    /// Somebody has changed, or their sessions have ended: they are looked up again.
    pub fn user_changed(&self, user: UserId) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        for (token, session) in &self.fresh {
            if session.user.id == user {
                self.fresh.invalidate(&*token);
            }
        }
    }
}

impl Session {
    /// The token that stands for it.
    pub fn token(&self) -> &str {
        &self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{EmailAddress, Name, Role};
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    use store::{NewUser, Registration, SqliteOptions, SqliteStore};

    async fn sessions(folder: &tempfile::TempDir) -> (Sessions, User) {
        let options = SqliteOptions { path: folder.path().join("pizza.db"), clock: store::Clock::system() };
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(options).unwrap());
        let new = NewUser {
            name: Name::parse("pizza diner").unwrap(),
            email: EmailAddress::parse("d@jwt.com").unwrap(),
            password_hash: String::new(),
            roles: vec![Role::Diner],
        };
        let Registration::Created(user) = store.create_user(new).await.unwrap() else {
            panic!("a new account")
        };
        let settings = Auth {
            session_ttl: Duration::from_secs(60),
            legacy_token_max_age: Duration::from_secs(3600),
            legacy_jwt_secret: Some("short".into()),
            ..Auth::default()
        };
        (Sessions::new(store, &"0123456789abcdef0123456789abcdef".into(), &settings), user)
    }

    #[tokio::test]
    async fn a_session_is_live_until_it_is_closed_and_not_a_moment_longer() {
        let folder = tempfile::tempdir().unwrap();
        let (sessions, user) = sessions(&folder).await;
        let token = sessions.open(&user).await.unwrap();
        let session = sessions.find(&token).await.unwrap().expect("live");
        assert_eq!(sessions.find(&token).await.unwrap().expect("at hand").user, user);
        sessions.close(&session).await.unwrap();
        assert!(sessions.find(&token).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn who_has_changed_is_looked_up_again_and_others_stay_at_hand() {
        let folder = tempfile::tempdir().unwrap();
        let (sessions, user) = sessions(&folder).await;
        let token = sessions.open(&user).await.unwrap();
        sessions.find(&token).await.unwrap().expect("live");
        sessions.user_changed(UserId(user.id.0 + 1));
        assert!(sessions.fresh.contains_key(&*token));
        sessions.user_changed(user.id);
        assert!(!sessions.fresh.contains_key(&*token));
        assert!(sessions.find(&token).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_token_of_the_historic_service_is_accepted_while_its_row_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (sessions, user) = sessions(&folder).await;
        let now = Timestamp::now();
        let claims =
            serde_json::json!({ "id": user.id, "name": "pizza diner", "iat": now.as_second() - 100 });
        let signed = |secret: &str| {
            let key = EncodingKey::from_secret(secret.as_bytes());
            encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
        };
        let token = signed("short");
        assert!(sessions.find(&token).await.unwrap().is_none(), "it has no row");
        sessions.store.open_session(signature_of(&token), user.id, Timestamp::MAX).await.unwrap();
        assert_eq!(sessions.find(&token).await.unwrap().expect("live").user, user);
        let forged = signed("another");
        sessions.store.open_session(signature_of(&forged), user.id, Timestamp::MAX).await.unwrap();
        assert!(sessions.find(&forged).await.unwrap().is_none(), "whatever the rows say");
    }

    #[tokio::test]
    async fn a_session_at_hand_ends_when_its_token_does() {
        let folder = tempfile::tempdir().unwrap();
        let (sessions, user) = sessions(&folder).await;
        let token: Arc<str> = sessions.open(&user).await.unwrap().into();
        let ended = Session { user, issued_at: 0, expires_at: 1, token: Arc::clone(&token) };
        sessions.fresh.insert(Arc::clone(&token), Arc::new(ended));
        assert!(sessions.find(&token).await.unwrap().is_none());
    }
}

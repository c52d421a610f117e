//! Register, log in, log out.

use super::{
    extract::{Caller, ClientAddress, Json},
    views::{Message, SignedIn, UserView},
};
use crate::{
    app::AppState,
    auth::{HashError, PasswordRefused, SessionsError, check_new_password, is_historic},
    edge::Problem,
    operations::is_reserved,
};
use axum::{extract::State, http::StatusCode};
use domain::{EmailAddress, Name, PersonError, Role, User};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::{net::IpAddr, time::Duration};
use store::{Credentials, NewUser, Registration};
use utoipa::ToSchema;

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "name": "pizza diner", "email": "diner@example.com", "password": "…" }))]
pub struct Register {
    #[schema(required, nullable = false, min_length = 1, max_length = 255, pattern = r"\S")]
    name: Option<String>,
    #[schema(required, nullable = false, max_length = 255, pattern = "@")]
    email: Option<String>,
    #[schema(required, nullable = false, value_type = String, format = Password, min_length = 1)]
    password: Option<SecretString>,
}

/// Who wants a session.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "email": "diner@example.com", "password": "…" }))]
pub struct Login {
    #[schema(required, nullable = false)]
    email: Option<String>,
    #[schema(required, nullable = false, value_type = String, format = Password)]
    password: Option<SecretString>,
}

/// Register a new user
///
/// The account is a diner's, and the session begins at once.
#[utoipa::path(
    post, path = "/api/auth", tag = "auth",
    request_body = Register,
    responses(
        (status = 200, description = "The account and its first session", body = SignedIn),
        (status = 400, description = "Something is missing or cannot be, or the password is too weak; the message says what."),
        (status = 409, description = "This e-mail address has an account already."),
    ),
)]
pub async fn register(
    State(app): State<AppState>,
    Json(body): Json<Register>,
) -> Result<axum::Json<SignedIn>, Problem> {
    let (name, email, password) =
        complete(body).ok_or_else(|| Problem::bad_request("name, email, and password are required"))?;
    let name = Name::parse(&name).map_err(|error| invalid("name", error))?;
    let email = EmailAddress::parse(&email).map_err(|error| invalid("email", error))?;
    let user = open_account(&app, name, email, password).await?;
    signed_in(&app, &user).await
}

/// Opens a diner's account, if password and address may be.
pub async fn open_account(
    app: &AppState,
    name: Name,
    email: EmailAddress,
    password: SecretString,
) -> Result<User, Problem> {
    if is_reserved(&email) {
        return Err(email_taken());
    }
    check_new_password(&password, (&name, &email), app.config.auth.password_policy)?;
    let password_hash = app.passwords.hash(password).await?;
    let new = NewUser { name, email, password_hash, roles: vec![Role::Diner] };
    match app.store.create_user(new).await? {
        Registration::Created(user) => Ok(user),
        Registration::EmailTaken => Err(email_taken()),
    }
}

/// Log in an existing user
///
/// Unknown addresses and wrong passwords get the same answer in the same time. Only failures are limited.
#[utoipa::path(
    put, path = "/api/auth", tag = "auth",
    request_body = Login,
    responses(
        (status = 200, description = "A new session", body = SignedIn),
        (status = 404, description = "There is no such user, or the password is another."),
        (status = 429, description = "Too many failed logins to this account from this address."),
    ),
)]
pub async fn login(
    State(app): State<AppState>,
    ClientAddress(address): ClientAddress,
    Json(body): Json<Login>,
) -> Result<axum::Json<SignedIn>, Problem> {
    let email = body.email.unwrap_or_default();
    let password = body.password.unwrap_or_default();
    let user = authenticate(&app, &email, password, address).await?;
    signed_in(&app, &user).await
}

/// Whose e-mail and password these are, for whoever asks from this address.
pub async fn authenticate(
    app: &AppState,
    email: &str,
    password: SecretString,
    address: IpAddr,
) -> Result<User, Problem> {
    if let Some(wait) = app.login_guard.must_wait(email, address) {
        return Err(too_many_failures(app, wait));
    }
    let found = matching(app, email, password.clone()).await?;
    // Others that were let in together with this one may have failed meanwhile: then it is a guess like theirs.
    let wait = match &found {
        Some(_) => app.login_guard.must_wait(email, address),
        None => app.login_guard.failed(email, address),
    };
    match (found, wait) {
        (_, Some(wait)) => Err(too_many_failures(app, wait)),
        (Some(found), None) => {
            app.metrics.login("success");
            upgrade_hash(app, &found, password).await;
            Ok(found.user)
        }
        (None, None) => {
            app.metrics.login("failure");
            Err(Problem::not_found("unknown user"))
        }
    }
}

fn too_many_failures(app: &AppState, wait: Duration) -> Problem {
    app.metrics.login("throttled");
    let message = "too many failed logins, please wait before the next try";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, message).retry_after(wait)
}

/// Log out
#[utoipa::path(
    delete, path = "/api/auth", tag = "auth", security(("session" = [])),
    responses((status = 200, description = "The session has ended", body = Message, example = json!({ "message": "logout successful" }))),
)]
pub async fn logout(
    State(app): State<AppState>,
    Caller(session): Caller,
) -> Result<axum::Json<Message>, Problem> {
    app.sessions.close(&session).await?;
    Ok(axum::Json(Message::new("logout successful")))
}

/// Whose e-mail and password these are. Historic data has e-mails with two users: the password decides.
async fn matching(
    app: &AppState,
    email: &str,
    password: SecretString,
) -> Result<Option<Credentials>, Problem> {
    if password.expose_secret().is_empty() || password.expose_secret().len() > crate::auth::MAX_PASSWORD_BYTES
    {
        return Ok(None);
    }
    let candidates = app.store.credentials(email).await?;
    let hashes = candidates.iter().map(|candidate| candidate.password_hash.clone()).collect();
    let matching = app.passwords.matching(password, hashes).await?;
    Ok(matching.and_then(|index| candidates.into_iter().nth(index)))
}

/// A historic hash gives way to one of ours. The login succeeds whether or not that does.
async fn upgrade_hash(app: &AppState, found: &Credentials, password: SecretString) {
    if !app.config.auth.upgrade_hashes || !is_historic(&found.password_hash) {
        return;
    }
    let Ok(hash) = app.passwords.hash(password).await else { return };
    let replaced = app.store.rehash_password(found.user.id, &found.password_hash, &hash).await;
    let user_id = found.user.id.0;
    match replaced {
        Ok(replaced) => {
            tracing::info!("type" = "audit", component = "auth", user_id, replaced, "historic hash upgraded")
        }
        Err(error) => {
            tracing::warn!("type" = "db", component = "auth", user_id, ?error, "a historic hash stays")
        }
    }
}

async fn signed_in(app: &AppState, user: &User) -> Result<axum::Json<SignedIn>, Problem> {
    let token = app.sessions.open(user).await?;
    Ok(axum::Json(SignedIn { user: UserView::from(user), token }))
}

fn complete(body: Register) -> Option<(String, String, SecretString)> {
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let password = body.password.filter(|password| !password.expose_secret().is_empty());
    Some((filled(body.name)?, filled(body.email)?, password?))
}

pub(super) fn email_taken() -> Problem {
    Problem::new(StatusCode::CONFLICT, "this email is already registered")
}

pub(super) fn invalid(field: &str, error: PersonError) -> Problem {
    match error {
        PersonError::NotAnAddress => Problem::bad_request(error.to_string()),
        PersonError::Empty | PersonError::TooLong => Problem::bad_request(format!("{field} {error}")),
    }
}

impl From<PasswordRefused> for Problem {
    fn from(refused: PasswordRefused) -> Self {
        Self::bad_request(refused.to_string())
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::unavailable(
                "Too many people are signing in right now. Please try again.",
                Duration::from_secs(3),
            ),
            HashError::Failed => {
                tracing::error!("type" = "unhandled", component = "auth", %error, "no password can be hashed");
                Self::internal()
            }
        }
    }
}

impl From<SessionsError> for Problem {
    fn from(error: SessionsError) -> Self {
        match error {
            SessionsError::Store(error) => error.into(),
            SessionsError::Sign(error) => {
                tracing::error!("type" = "unhandled", component = "auth", %error, "no session can be signed");
                Self::internal()
            }
        }
    }
}

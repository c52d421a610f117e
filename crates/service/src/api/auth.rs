//! Register, log in, log out.

use super::{
    extract::{Caller, Json, PeerAddress},
    views::UserView,
};
use crate::{
    app::AppState,
    auth::{HashError, SessionsError, check_new_password},
    edge::Problem,
};
use axum::{extract::State, http::StatusCode, response::IntoResponse};
use domain::{EmailAddress, Name, PersonError, Role, User};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use store::{NewUser, Registration};

#[derive(Deserialize)]
pub struct Register {
    name: Option<String>,
    email: Option<String>,
    password: Option<SecretString>,
}

#[derive(Deserialize)]
pub struct Login {
    email: Option<String>,
    password: Option<SecretString>,
}

/// `POST /api/auth`
pub async fn register(
    State(app): State<AppState>,
    Json(body): Json<Register>,
) -> Result<impl IntoResponse, Problem> {
    let (name, email, password) =
        complete(body).ok_or_else(|| Problem::bad_request("name, email, and password are required"))?;
    let name = Name::parse(&name).map_err(|error| invalid("name", error))?;
    let email = EmailAddress::parse(&email).map_err(|error| invalid("email", error))?;
    check_new_password(&password, app.config.auth.password_policy)
        .map_err(|refused| Problem::bad_request(refused.to_string()))?;
    let password_hash = app.passwords.hash(password).await?;
    let new = NewUser { name, email, password_hash, roles: vec![Role::Diner] };
    match app.store.create_user(new).await? {
        Registration::Created(user) => signed_in(&app, &user).await,
        Registration::EmailTaken => {
            Err(Problem::new(StatusCode::CONFLICT, "this email is already registered"))
        }
    }
}

/// `PUT /api/auth`
pub async fn login(
    State(app): State<AppState>,
    PeerAddress(address): PeerAddress,
    Json(body): Json<Login>,
) -> Result<impl IntoResponse, Problem> {
    let email = body.email.unwrap_or_default();
    let password = body.password.unwrap_or_default();
    if let Some(wait) = app.login_guard.must_wait(&email, address) {
        return Err(too_many_failures(&app, wait));
    }
    let found = user_with(&app, &email, password).await?;
    // Others that were let in together with this one may have failed meanwhile: then it is a guess like theirs.
    let wait = match &found {
        Some(_) => app.login_guard.must_wait(&email, address),
        None => app.login_guard.failed(&email, address),
    };
    match (found, wait) {
        (_, Some(wait)) => Err(too_many_failures(&app, wait)),
        (Some(user), None) => {
            app.metrics.login("success");
            signed_in(&app, &user).await
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

/// `DELETE /api/auth`
pub async fn logout(
    State(app): State<AppState>,
    Caller(session): Caller,
) -> Result<impl IntoResponse, Problem> {
    app.sessions.close(&session).await?;
    Ok(axum::Json(json!({ "message": "logout successful" })))
}

/// The user whose e-mail and password these are. Historic data has e-mails with two users: the password decides.
async fn user_with(app: &AppState, email: &str, password: SecretString) -> Result<Option<User>, Problem> {
    if password.expose_secret().is_empty() || password.expose_secret().len() > crate::auth::MAX_PASSWORD_BYTES
    {
        return Ok(None);
    }
    let candidates = app.store.credentials(email).await?;
    let hashes = candidates.iter().map(|candidate| candidate.password_hash.clone()).collect();
    let matching = app.passwords.matching(password, hashes).await?;
    Ok(matching.and_then(|index| candidates.into_iter().nth(index)).map(|candidate| candidate.user))
}

async fn signed_in(app: &AppState, user: &User) -> Result<axum::Json<serde_json::Value>, Problem> {
    let token = app.sessions.open(user).await?;
    Ok(axum::Json(json!({ "user": UserView::from(user), "token": token })))
}

fn complete(body: Register) -> Option<(String, String, SecretString)> {
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let password = body.password.filter(|password| !password.expose_secret().is_empty());
    Some((filled(body.name)?, filled(body.email)?, password?))
}

fn invalid(field: &str, error: PersonError) -> Problem {
    match error {
        PersonError::NotAnAddress => Problem::bad_request(error.to_string()),
        PersonError::Empty | PersonError::TooLong => Problem::bad_request(format!("{field} {error}")),
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        tracing::error!("type" = "unhandled", component = "auth", %error, "no password can be hashed");
        Self::internal()
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

//! People with accounts.

use super::{
    acts::{Acts, forbidden},
    auth::{email_taken, invalid},
    extract::{Caller, Json, Path, Query, clamped},
    views::{Message, SignedIn, UserView},
};
use crate::{
    app::{App, AppState},
    auth::{Session, check_new_password},
    edge::Problem,
    operations::is_reserved,
};
use axum::{extract::State, http::StatusCode};
use domain::{EmailAddress, Name, User, UserId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store::{UserChange, UserDeletion, UserQuery, UserUpdate};
use utoipa::{IntoParams, ToSchema};

const MAX_PER_PAGE: u32 = 100;
const MAX_PAGE: u32 = 1_000_000;

/// Who I am.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "id": 4, "name": "pizza diner", "email": "diner@example.com", "roles": [{ "role": "diner" }], "iat": 1_764_670_230 }))]
pub struct Me {
    #[serde(flatten)]
    user: UserView,
    /// When the session began, in Unix seconds.
    iat: i64,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Counts from 1. What is no number reads as the default.
    #[param(example = "1")]
    page: Option<String>,
    /// Accounts a page, at most 100.
    #[param(example = "10")]
    limit: Option<String>,
    /// The name to match; `*` stands for anything.
    #[param(example = "*")]
    name: Option<String>,
}

impl ListQuery {
    /// What is asked for, within bounds.
    pub fn bounded(self) -> UserQuery {
        UserQuery {
            page: clamped(self.page.as_deref(), 1, 1..=MAX_PAGE) - 1,
            per_page: clamped(self.limit.as_deref(), 10, 1..=MAX_PER_PAGE),
            name: self.name.filter(|name| !name.is_empty()).unwrap_or_else(|| "*".to_owned()),
        }
    }
}

/// A page of accounts, by id.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "users": [{ "id": 4, "name": "pizza diner", "email": "diner@example.com", "roles": [{ "role": "diner" }] }],
    "more": false,
}))]
pub struct UserList {
    users: Vec<UserView>,
    /// Whether another page follows.
    more: bool,
}

/// What to change about an account. What is absent or empty stays.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "name": "pizza diner", "email": "diner@example.com", "password": "…" }))]
pub struct ChangeUser {
    /// Their new name.
    #[schema(max_length = 255, pattern = r"^$|\S")]
    pub name: Option<String>,
    /// Their new e-mail address.
    #[schema(max_length = 255, pattern = "^$|@")]
    pub email: Option<String>,
    /// Their new password.
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<SecretString>,
}

/// Who am I
#[utoipa::path(
    get, path = "/api/user/me", tag = "users", security(("session" = [])),
    responses((status = 200, description = "The user of this session, with the roles they have now", body = Me)),
)]
pub async fn me(Caller(session): Caller) -> axum::Json<Me> {
    axum::Json(Me { user: UserView::from(&session.user), iat: session.issued_at })
}

/// List people, by page and name (admin)
#[utoipa::path(
    get, path = "/api/user", tag = "users", security(("session" = [])),
    params(ListQuery),
    responses(
        (status = 200, description = "A page of accounts", body = UserList),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    Caller(session): Caller,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<UserList>, Problem> {
    if !session.user.is_admin() {
        return Err(forbidden("unauthorized"));
    }
    let page = app.store.users(query.bounded()).await?;
    Ok(axum::Json(UserList { users: page.users.iter().map(UserView::from).collect(), more: page.more }))
}

/// Change an account (oneself or admin)
///
/// A new password ends all sessions of the account. The token in the answer is the caller's own: a new one when
/// they changed themselves, else the one they sent.
#[utoipa::path(
    put, path = "/api/user/{id}", tag = "users", security(("session" = [])),
    params(("id" = i64, Path, description = "Whom to change", example = 4)),
    request_body = ChangeUser,
    responses(
        (status = 200, description = "The account as it is now", body = SignedIn),
        (status = 403, description = "It is somebody else's."),
        (status = 404, description = "There is no such user."),
        (status = 409, description = "Somebody else has this e-mail address."),
    ),
)]
pub async fn update(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Path(id): Path<String>,
    Json(wanted): Json<ChangeUser>,
) -> Result<axum::Json<SignedIn>, Problem> {
    let id = self_or_admin(&session, &id)?;
    let user = change_account(&app, &acts, &session, id, wanted).await?;
    // Nobody gets a token that makes them somebody else.
    let token =
        if id == session.user.id { app.sessions.open(&user).await? } else { session.token().to_owned() };
    Ok(axum::Json(SignedIn { user: UserView::from(&user), token }))
}

/// Changes an account that the caller may change; how it is now.
pub async fn change_account(
    app: &AppState,
    acts: &Acts,
    session: &Session,
    id: UserId,
    wanted: ChangeUser,
) -> Result<User, Problem> {
    let before = app.store.user(id).await?.ok_or_else(unknown_user)?;
    let changes = wanted.members();
    let change = wanted.checked(app, &before).await?;
    let user = match app.store.update_user(id, change).await? {
        UserUpdate::Updated(user) => user,
        UserUpdate::EmailTaken => return Err(email_taken()),
        UserUpdate::Unknown => return Err(unknown_user()),
    };
    app.sessions.user_changed(id);
    if session.user.is_admin() {
        acts.record(session, "user.update", format!("user {id}"), Some(changes)).await;
    }
    Ok(user)
}

/// Delete an account (oneself or admin)
///
/// Its sessions end; its orders stay.
#[utoipa::path(
    delete, path = "/api/user/{id}", tag = "users", security(("session" = [])),
    params(("id" = i64, Path, description = "Whom to delete", example = 4)),
    responses(
        (status = 200, description = "It is gone", body = Message, example = json!({ "message": "user deleted" })),
        (status = 403, description = "It is somebody else's."),
        (status = 404, description = "There is no such user."),
        (status = 409, description = "Nobody else is an admin."),
    ),
)]
pub async fn delete(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Message>, Problem> {
    delete_account(&app, &acts, &session, &id).await?;
    Ok(axum::Json(Message::new("user deleted")))
}

/// Deletes an account that the caller may delete.
pub async fn delete_account(app: &App, acts: &Acts, session: &Session, id: &str) -> Result<(), Problem> {
    let id = self_or_admin(session, id)?;
    match app.store.delete_user(id).await? {
        UserDeletion::Deleted => {
            app.sessions.user_changed(id);
            if session.user.is_admin() {
                acts.record(session, "user.delete", format!("user {id}"), None).await;
            }
            Ok(())
        }
        UserDeletion::LastAdmin => {
            Err(Problem::new(StatusCode::CONFLICT, "the last admin cannot be deleted"))
        }
        UserDeletion::Unknown => Err(unknown_user()),
    }
}

/// The account that a path names, if it is the caller's own or the caller is an admin. Others learn nothing
/// about it, not even whether it exists.
fn self_or_admin(session: &Session, id: &str) -> Result<UserId, Problem> {
    match id.parse().map(UserId) {
        Ok(id) if id == session.user.id || session.user.is_admin() => Ok(id),
        Err(_) if session.user.is_admin() => Err(unknown_user()),
        _ => Err(forbidden("unauthorized")),
    }
}

fn unknown_user() -> Problem {
    Problem::not_found("unknown user")
}

impl ChangeUser {
    /// What changes, for the record; never how.
    fn members(&self) -> String {
        let password = self.password.as_ref().map(|password| password.expose_secret().is_empty());
        let members = [
            ("name", self.name.as_ref().map(String::is_empty)),
            ("email", self.email.as_ref().map(String::is_empty)),
            ("password", password),
        ];
        let changed = members.iter().filter(|(_, empty)| *empty == Some(false)).map(|(name, _)| *name);
        changed.collect::<Vec<_>>().join(", ")
    }

    async fn checked(self, app: &AppState, user: &User) -> Result<UserChange, Problem> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let name = given(self.name).map(|name| Name::parse(&name)).transpose();
        let email = given(self.email).map(|email| EmailAddress::parse(&email)).transpose();
        let (name, email) =
            (name.map_err(|error| invalid("name", error))?, email.map_err(|error| invalid("email", error))?);
        if email.as_ref().is_some_and(is_reserved) {
            return Err(email_taken());
        }
        let password_hash = match self.password.filter(|password| !password.expose_secret().is_empty()) {
            None => None,
            Some(password) => {
                let owner = (name.as_ref().unwrap_or(&user.name), email.as_ref().unwrap_or(&user.email));
                check_new_password(&password, owner, app.config.auth.password_policy)?;
                Some(app.passwords.hash(password).await?)
            }
        };
        Ok(UserChange { name, email, password_hash })
    }
}

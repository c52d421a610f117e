//! Everybody with an account: who they are, what they may do, and deleting them.

use super::list::{PER_PAGE, Which};
use crate::{
    api::{
        acts::Acts,
        extract::{Path, Query},
        users::delete_account,
    },
    app::AppState,
    edge::Problem,
    web::{Form, Frame, Page, pages::sure::Sure},
};
use askama::Template;
use axum::{extract::State, http::StatusCode};
use domain::{FranchiseId, Role, User, UserId};
use store::{UserPage, UserQuery};

#[derive(Template)]
#[template(path = "pages/admin/users.html")]
struct Users<'a> {
    frame: &'a Frame,
    list: UserPage,
    name: &'a str,
    page: u32,
}

/// A page of them.
pub async fn show(State(app): State<AppState>, frame: Frame, Query(which): Query<Which>) -> Page {
    frame.only(User::is_admin)?;
    let (name, page) = (which.name(), which.page());
    let query = UserQuery { page: page - 1, per_page: PER_PAGE, name: which.pattern() };
    let list = app.store.users(query).await?;
    frame.show(&Users { frame: &frame, list, name, page })
}

/// Asks before an account is deleted.
pub async fn ask(State(app): State<AppState>, Path(id): Path<String>, frame: Frame) -> Page {
    frame.only(User::is_admin)?;
    let unknown = || Problem::not_found("unknown user");
    let id = id.parse().map(UserId).map_err(|_| unknown())?;
    let user = app.store.user(id).await?.ok_or_else(unknown)?;
    let mut consequences = vec![
        "They are signed out everywhere, and cannot sign in again.".to_owned(),
        "Their orders stay: what was placed before is made, and counts as revenue.".to_owned(),
    ];
    if user.roles.iter().any(|role| matches!(role, Role::Franchisee(_))) {
        consequences.push("The franchises that they run stay, with one person less to run them.".to_owned());
    }
    consequences.push("It cannot be undone.".to_owned());
    let question = format!("Delete {} ({})?", user.name, user.email);
    Sure { frame: &frame, question, consequences, button: "Delete the account", back: "/admin/users" }.ask()
}

/// Deletes one.
pub async fn delete(State(app): State<AppState>, acts: Acts, Path(id): Path<String>, form: Form) -> Page {
    let frame = &form.frame;
    let session = frame.only(User::is_admin)?;
    let said = match delete_account(&app, &acts, session, &id).await {
        Ok(()) => "The account is deleted.",
        Err(problem) if problem.status() == StatusCode::CONFLICT => {
            "Nobody else is an admin, so this account stays."
        }
        Err(problem) => return Err(problem.into()),
    };
    Ok(frame.go_saying("/admin/users", said))
}

impl Users<'_> {
    fn franchises(&self, user: &User) -> Vec<FranchiseId> {
        let franchise = |role: &Role| match role {
            Role::Franchisee(franchise) => Some(*franchise),
            Role::Diner | Role::Admin => None,
        };
        user.roles.iter().filter_map(franchise).collect()
    }

    fn is_diner(&self, user: &User) -> bool {
        user.roles.contains(&Role::Diner)
    }

    fn is_oneself(&self, user: &User) -> bool {
        self.frame.user().is_some_and(|oneself| oneself.id == user.id)
    }
}

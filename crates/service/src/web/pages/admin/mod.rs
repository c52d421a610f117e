//! What an admin administers: franchises, people, the menu.

mod franchises;
mod list;
mod menu;
mod users;

use crate::{
    app::{App, AppState},
    web::{Frame, Page, show::time},
};
use askama::Template;
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use domain::{User, UserId};
use std::collections::BTreeMap;
use store::{AuditEntry, StoreError};

/// The pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin", get(show))
        .route("/admin/franchises", get(franchises::show))
        .route("/admin/franchises/{id}/close", get(franchises::ask))
        .route("/admin/users", get(users::show))
        .route("/admin/users/{id}/delete", get(users::ask))
        .route("/admin/menu", get(menu::show))
        .route("/admin/menu/picture", get(menu::picture))
        .route("/admin/menu/{id}", get(menu::edit))
        .route("/admin/menu/{id}/withdraw", get(menu::ask))
}

/// What changes something.
pub fn acts() -> Router<AppState> {
    Router::new()
        .route("/admin/franchises", post(franchises::found))
        .route("/admin/franchises/{id}/close", post(franchises::close))
        .route("/admin/users/{id}/delete", post(users::delete))
        .route("/admin/menu", post(menu::add))
        .route("/admin/menu/{id}", post(menu::change))
        .route("/admin/menu/{id}/withdraw", post(menu::withdraw))
}

/// Acts that are shown.
const ACTS: u32 = 12;

#[derive(Template)]
#[template(path = "pages/admin/overview.html")]
struct Overview<'a> {
    frame: &'a Frame,
    pizzas: usize,
    acts: Vec<AuditEntry>,
    names: BTreeMap<UserId, String>,
}

/// Where to go, and what was done lately.
async fn show(State(app): State<AppState>, frame: Frame) -> Page {
    frame.only(User::is_admin)?;
    let acts = app.store.audit_log(1, ACTS).await?;
    let names = names(&app, &acts).await?;
    let pizzas = app.catalogue.offer().await?.menu.0.len();
    frame.show(&Overview { frame: &frame, pizzas, acts, names })
}

/// Who did them, if they still have an account.
async fn names(app: &App, acts: &[AuditEntry]) -> Result<BTreeMap<UserId, String>, StoreError> {
    let mut names = BTreeMap::new();
    for actor in acts.iter().filter_map(|entry| entry.act.actor) {
        if !names.contains_key(&actor)
            && let Some(user) = app.store.user(actor).await?
        {
            names.insert(actor, user.name.to_string());
        }
    }
    Ok(names)
}

impl Overview<'_> {
    fn time(&self, entry: &AuditEntry) -> String {
        time(&entry.at)
    }

    fn actor(&self, entry: &AuditEntry) -> String {
        match entry.act.actor {
            Some(actor) => self.names.get(&actor).cloned().unwrap_or_else(|| format!("user {actor}")),
            None => "at the machine".to_owned(),
        }
    }
}

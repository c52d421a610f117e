//! All franchises: who runs them, what they earn, founding and closing them.

use super::list::{PER_PAGE, Which};
use crate::{
    api::{
        acts::Acts,
        extract::{Path, Query},
        franchises::{AdminEmail, CreateFranchise, close as close_franchise, found as found_franchise},
    },
    app::{App, AppState},
    edge::Problem,
    web::{
        Form, Frame, Page,
        error_page::sentence,
        pages::{franchise::total, sure::Sure},
    },
};
use askama::Template;
use axum::{extract::State, http::StatusCode};
use domain::{Bitcoin, Franchise, FranchiseId, User};
use store::{FranchisePage, FranchiseQuery};

#[derive(Template)]
#[template(path = "pages/admin/franchises.html")]
struct Franchises<'a> {
    frame: &'a Frame,
    list: FranchisePage,
    name: &'a str,
    page: u32,
    wanted: Wanted<'a>,
}

/// A franchise that could not be founded.
#[derive(Default)]
struct Wanted<'a> {
    name: &'a str,
    admins: &'a str,
    problem: Option<String>,
}

/// A page of them.
pub async fn show(State(app): State<AppState>, frame: Frame, Query(which): Query<Which>) -> Page {
    frame.only(User::is_admin)?;
    let list = page_of(&app, which.page(), which.pattern()).await?;
    let (name, page) = (which.name(), which.page());
    frame.show(&Franchises { frame: &frame, list, name, page, wanted: Wanted::default() })
}

/// Founds one.
pub async fn found(State(app): State<AppState>, acts: Acts, form: Form) -> Page {
    let frame = &form.frame;
    let session = frame.only(User::is_admin)?;
    let (name, admins) = (form.text("name"), form.text("admins"));
    let emails = admins.split([',', ';', '\n']).map(str::trim).filter(|email| !email.is_empty());
    let wanted = CreateFranchise {
        name: Some(name.to_owned()),
        admins: emails.map(|email| AdminEmail { email: email.to_owned() }).collect(),
    };
    match found_franchise(&app, &acts, session, wanted).await {
        Ok(_) => Ok(frame.go_saying("/admin/franchises", &format!("{name} is founded."))),
        Err(problem) if problem.status().is_client_error() => {
            let status = problem.status();
            let wanted = Wanted { name, admins, problem: Some(in_an_admin_s_words(&problem)) };
            let list = page_of(&app, 1, "*".to_owned()).await?;
            frame.show_with(status, &Franchises { frame, list, name: "", page: 1, wanted })
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Asks before one is closed.
pub async fn ask(State(app): State<AppState>, Path(id): Path<String>, frame: Frame) -> Page {
    frame.only(User::is_admin)?;
    let unknown = || Problem::not_found("unknown franchise");
    let id = id.parse().map(FranchiseId).map_err(|_| unknown())?;
    let franchise = app.store.franchise(id).await?.ok_or_else(unknown)?;
    let mut consequences = vec![
        match franchise.stores.len() {
            0 => "It has no stores.".to_owned(),
            1 => format!("Its store {} closes with it.", franchise.stores[0].name),
            stores => format!("Its {stores} stores close with it."),
        },
        "Orders that were placed before are safe: they are made and delivered as promised.".to_owned(),
    ];
    if !franchise.admins.is_empty() {
        let names: Vec<_> = franchise.admins.iter().map(|admin| admin.name.as_str()).collect();
        consequences
            .push(format!("Who runs it keeps their account, and loses this role: {}.", names.join(", ")));
    }
    consequences.push("It cannot be opened again.".to_owned());
    let question = format!("Close the franchise {}?", franchise.name);
    let (button, back) = ("Close the franchise", "/admin/franchises");
    Sure { frame: &frame, question, consequences, button, back }.ask()
}

/// Closes one.
pub async fn close(State(app): State<AppState>, acts: Acts, Path(id): Path<String>, form: Form) -> Page {
    let frame = &form.frame;
    let session = frame.only(User::is_admin)?;
    close_franchise(&app, &acts, session, &id).await?;
    Ok(frame.go_saying("/admin/franchises", "The franchise is closed. Its last orders are still made."))
}

async fn page_of(app: &App, page: u32, name: String) -> Result<FranchisePage, Problem> {
    let query = FranchiseQuery { page: page - 1, per_page: PER_PAGE, name, with_business: true };
    Ok(app.store.franchises(query).await?)
}

/// The API's words, where they are for programs.
fn in_an_admin_s_words(problem: &Problem) -> String {
    match problem.status() {
        StatusCode::NOT_FOUND => {
            format!("Somebody has no account: {}", problem.message())
        }
        _ => sentence(problem.message()),
    }
}

impl Franchises<'_> {
    fn total(&self, franchise: &Franchise) -> Bitcoin {
        total(franchise)
    }
}

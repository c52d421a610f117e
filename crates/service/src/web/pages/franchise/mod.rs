//! What a franchisee sees: their franchises with their stores, and what these earn.

mod chart;
mod stores;

use crate::{
    api::{extract::Path, franchises::run_by},
    app::{App, AppState},
    edge::Problem,
    web::{Frame, Page, Stop, error_page::sentence},
};
use askama::Template;
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use chart::Chart;
use domain::{Bitcoin, Franchise, Store};

/// The pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/franchise", get(show))
        .route("/franchise/{id}", get(show_one))
        .route("/franchise/{id}/stores/{store}/close", get(stores::ask))
}

/// What changes something.
pub fn acts() -> Router<AppState> {
    Router::new()
        .route("/franchise/{id}/stores", post(stores::open))
        .route("/franchise/{id}/stores/{store}/close", post(stores::close))
}

/// How a page for somebody else is refused.
const REFUSED: &str = "This franchise is run by somebody else.";

#[derive(Template)]
#[template(path = "pages/franchise/one.html")]
struct One<'a> {
    frame: &'a Frame,
    franchise: &'a Franchise,
    chart: Chart,
    /// The name of a store that could not be opened, and why.
    store: &'a str,
    wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/franchise/several.html")]
struct Several<'a> {
    frame: &'a Frame,
    franchises: Vec<Franchise>,
}

#[derive(Template)]
#[template(path = "pages/franchise/become.html")]
struct Become<'a> {
    frame: &'a Frame,
}

/// One's own franchises; for whoever has none, how to get one.
async fn show(State(app): State<AppState>, frame: Frame) -> Page {
    let mut franchises = match &frame.session {
        Some(session) => app.store.franchises_of(session.user.id).await?,
        None => Vec::new(),
    };
    match (franchises.pop(), franchises.is_empty()) {
        (None, _) => frame.show(&Become { frame: &frame }),
        (Some(only), true) => one(&app, &frame, &only, "", None).await,
        (Some(last), false) => {
            franchises.push(last);
            frame.show(&Several { frame: &frame, franchises })
        }
    }
}

/// One franchise, for who runs it.
async fn show_one(State(app): State<AppState>, Path(id): Path<String>, frame: Frame) -> Page {
    let franchise = own_franchise(&app, &frame, &id).await?;
    one(&app, &frame, &franchise, "", None).await
}

async fn one(app: &App, frame: &Frame, franchise: &Franchise, store: &str, wrong: Option<Problem>) -> Page {
    let chart = Chart::of(app, franchise.id).await?;
    let status = wrong.as_ref().map_or(StatusCode::OK, Problem::status);
    let wrong = wrong.map(|problem| sentence(problem.message()));
    frame.show_with(status, &One { frame, franchise, chart, store, wrong })
}

/// The franchise that a path names, if whoever looks runs it.
async fn own_franchise(app: &App, frame: &Frame, id: &str) -> Result<Franchise, Stop> {
    let session = frame.diner()?;
    let id = run_by(&session.user, id, REFUSED)?;
    let found = app.store.franchise(id).await?;
    Ok(found.ok_or_else(|| Problem::not_found("unknown franchise"))?)
}

impl One<'_> {
    fn revenue(&self, store: &Store) -> Bitcoin {
        store.total_revenue.unwrap_or_default()
    }

    fn total(&self) -> Bitcoin {
        total(self.franchise)
    }

    fn admins(&self) -> String {
        let names: Vec<_> = self.franchise.admins.iter().map(|admin| admin.name.as_str()).collect();
        names.join(", ")
    }
}

impl Several<'_> {
    fn total(&self, franchise: &Franchise) -> Bitcoin {
        total(franchise)
    }
}

/// What all stores that are open brought in.
pub fn total(franchise: &Franchise) -> Bitcoin {
    franchise.stores.iter().filter_map(|store| store.total_revenue).sum()
}

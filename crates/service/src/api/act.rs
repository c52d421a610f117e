//! What a link in a notification leads to: one page with one button. Whoever was told may press it, logged in or not.
//!
//! Following the link changes nothing: mail and chat programs follow links by themselves.

use super::{acts, extract::Path, pages};
use crate::{
    app::AppState,
    edge::{Exchange, Problem},
    operations::ActLink,
};
use askama::Template;
use axum::{Extension, extract::State, response::Response};
use domain::{Incident, IncidentId};

/// Who did it, as the timeline calls them: the link knows no name.
const SOMEBODY: &str = "Somebody with the notification's link";

#[derive(Template)]
#[template(path = "act.html")]
struct Page {
    title: String,
    /// What is known, or what came of it.
    lines: Vec<String>,
    /// What the button says; `None` once there is nothing left to press.
    button: Option<&'static str>,
}

/// What a link in a notification offers to do
#[utoipa::path(
    get, path = "/act/{token}", tag = "documents",
    params(("token" = String, Path, description = "From the notification", example = "a.b.c")),
    responses(
        (status = 200, description = "A page with a button", body = String, content_type = "text/html", example = "<!doctype html>"),
        (status = 404, description = "The link is not ours, or more than a day old."),
    ),
)]
pub async fn show(State(app): State<AppState>, Path(token): Path<String>) -> Result<Response, Problem> {
    let (act, incident) = read(&app, &token).await?;
    pages::html(&offer(act, &incident))
}

/// Do what a link in a notification offers
#[utoipa::path(
    post, path = "/act/{token}", tag = "documents",
    params(("token" = String, Path, description = "From the notification", example = "a.b.c")),
    responses(
        (status = 200, description = "What came of it", body = String, content_type = "text/html", example = "<!doctype html>"),
        (status = 404, description = "The link is not ours, or more than a day old."),
    ),
)]
pub async fn perform(
    State(app): State<AppState>,
    exchange: Option<Extension<Exchange>>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let (act, incident) = read(&app, &token).await?;
    let (action, outcome) = match act {
        ActLink::Acknowledge => {
            let by = app.operations.acknowledge(incident.id, SOMEBODY).await?;
            let by = by.map_or_else(|| SOMEBODY.to_owned(), |by| by.by);
            ("incident.acknowledge", format!("{by} acknowledged incident {}.", incident.id))
        }
        ActLink::EndChaos => {
            let ended = app.operations.end_chaos(incident.id, SOMEBODY).await;
            let outcome = match ended {
                Ok(words) => format!("The factory says: {words}"),
                Err(error) => format!("The chaos goes on: {error}."),
            };
            ("incident.end_chaos", outcome)
        }
    };
    let request = exchange.map(|Extension(exchange)| exchange.id());
    acts::record_of_nobody(&app, request, action, format!("incident {}", incident.id), &outcome).await;
    let title = format!("Incident {}", incident.id);
    pages::html(&Page { title, lines: vec![outcome], button: None })
}

async fn read(app: &AppState, token: &str) -> Result<(ActLink, Incident), Problem> {
    let unknown = || Problem::not_found("this link is not ours, or too old: links work for a day");
    let (act, id): (ActLink, IncidentId) = app.operations.read_act_link(token).ok_or_else(unknown)?;
    let file = app.operations.incident(id).await?.ok_or_else(unknown)?;
    Ok((act, file.incident))
}

fn offer(act: ActLink, incident: &Incident) -> Page {
    let began = format!("It began at {:.0}: {}.", incident.began_at, incident.cause);
    let state = match (&incident.acknowledged, incident.closed_at) {
        (_, Some(at)) => format!("It is over since {at:.0}."),
        (Some(by), None) => format!("{} acknowledged it at {:.0}.", by.by, by.at),
        (None, None) => "Nobody has acknowledged it yet.".to_owned(),
    };
    let button = match act {
        ActLink::Acknowledge => "I am looking into it",
        ActLink::EndChaos => "End the factory's chaos",
    };
    Page { title: format!("Incident {}", incident.id), lines: vec![began, state], button: Some(button) }
}

//! Sign in and out.

use crate::{
    api::{
        auth::authenticate,
        extract::{ClientAddress, Query},
    },
    app::AppState,
    edge::Problem,
    web::{Form, Frame, Page, frame::own_path},
};
use askama::Template;
use axum::{extract::State, http::StatusCode};
use serde::Deserialize;

/// Where to go on to.
#[derive(Deserialize)]
pub struct Next {
    /// A path of ours.
    pub next: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/login.html")]
struct Login<'a> {
    frame: &'a Frame,
    next: &'a str,
    email: &'a str,
    problem: Option<&'a str>,
}

/// Asks who it is.
pub async fn show(frame: Frame, Query(Next { next }): Query<Next>) -> Page {
    let next = own_path(next.as_deref().unwrap_or_default());
    if frame.session.is_some() {
        return Ok(frame.go(next));
    }
    frame.show(&Login { frame: &frame, next, email: "", problem: None })
}

/// Begins a session.
pub async fn login(State(app): State<AppState>, ClientAddress(address): ClientAddress, form: Form) -> Page {
    let (email, next) = (form.text("email"), own_path(form.text("next")));
    let frame = &form.frame;
    match authenticate(&app, email, form.secret("password"), address).await {
        Ok(user) => {
            let mut response = frame.go(next);
            frame.begin_session(&app.sessions.open(&user).await.map_err(Problem::from)?, &mut response);
            Ok(response)
        }
        Err(problem) if problem.status().is_client_error() => {
            let text = match problem.status() {
                StatusCode::TOO_MANY_REQUESTS => {
                    "That were too many tries. Please wait a minute before the next one."
                }
                _ => "E-mail and password do not belong together. Please try again.",
            };
            frame.show_with(problem.status(), &Login { frame, next, email, problem: Some(text) })
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Ends the session, here and at the API.
pub async fn logout(State(app): State<AppState>, form: Form) -> Page {
    let frame = &form.frame;
    if let Some(session) = &frame.session {
        app.sessions.close(session).await?;
    }
    let mut response = frame.go_saying("/", "You are signed out. See you soon.");
    frame.end_session(&mut response);
    Ok(response)
}

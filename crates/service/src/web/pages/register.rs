//! Open an account.

use super::login::Next;
use crate::{
    api::{auth::open_account, extract::Query},
    app::AppState,
    auth::check_new_password,
    edge::Problem,
    web::{Form, Frame, Page, frame::own_path},
};
use askama::Template;
use axum::{extract::State, http::StatusCode};
use domain::{EmailAddress, Name};
use secrecy::ExposeSecret;

#[derive(Template)]
#[template(path = "pages/register.html")]
struct Register<'a> {
    frame: &'a Frame,
    next: &'a str,
    name: &'a str,
    email: &'a str,
    wrong: Wrong,
}

/// What is wrong with each field.
#[derive(Default)]
struct Wrong {
    name: Option<String>,
    email: Option<String>,
    password: Option<String>,
}

/// Asks who they are.
pub async fn show(frame: Frame, Query(Next { next }): Query<Next>) -> Page {
    let next = own_path(next.as_deref().unwrap_or_default());
    if frame.session.is_some() {
        return Ok(frame.go(next));
    }
    frame.show(&Register { frame: &frame, next, name: "", email: "", wrong: Wrong::default() })
}

/// Opens an account, and its first session.
pub async fn register(State(app): State<AppState>, form: Form) -> Page {
    let frame = &form.frame;
    let (name, email, next) = (form.text("name"), form.text("email"), own_path(form.text("next")));
    let password = form.secret("password");
    let mut wrong = Wrong::default();
    let parsed = (Name::parse(name), EmailAddress::parse(email));
    wrong.name = parsed.0.as_ref().err().map(|error| format!("Your name {error}."));
    wrong.email = parsed.1.as_ref().err().map(|_| "This does not look like an e-mail address.".to_owned());
    let status = match parsed {
        (Ok(parsed_name), Ok(address)) => {
            let policy = app.config.auth.password_policy;
            match check_new_password(&password, (&parsed_name, &address), policy) {
                _ if password.expose_secret().is_empty() => {
                    wrong.password = Some("Please choose a password.".to_owned());
                    StatusCode::BAD_REQUEST
                }
                Err(refused) => {
                    wrong.password = Some(refused.to_string());
                    StatusCode::BAD_REQUEST
                }
                Ok(()) => match open_account(&app, parsed_name, address, password).await {
                    Ok(user) => {
                        let mut response = frame.go_saying(next, &format!("Welcome, {}!", user.name));
                        let token = app.sessions.open(&user).await.map_err(Problem::from)?;
                        frame.begin_session(&token, &mut response);
                        return Ok(response);
                    }
                    Err(problem) if problem.status() == StatusCode::CONFLICT => {
                        wrong.email = Some(
                            "There is an account with this address already. Sign in instead?".to_owned(),
                        );
                        problem.status()
                    }
                    Err(problem) => return Err(problem.into()),
                },
            }
        }
        _ => StatusCode::BAD_REQUEST,
    };
    frame.show_with(status, &Register { frame, next, name, email, wrong })
}

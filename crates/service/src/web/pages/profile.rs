//! One's own account: name, e-mail, password.

use crate::{
    api::{
        acts::Acts,
        auth::authenticate,
        extract::ClientAddress,
        users::{ChangeUser, change_account},
    },
    app::AppState,
    edge::Problem,
    web::{Form, Frame, Page},
};
use askama::Template;
use axum::{extract::State, http::StatusCode};
use domain::{Role, User};
use secrecy::ExposeSecret;

#[derive(Template)]
#[template(path = "pages/profile.html")]
struct Profile<'a> {
    frame: &'a Frame,
    user: &'a User,
    name: &'a str,
    email: &'a str,
    problem: Option<String>,
    wrong_password: bool,
}

/// The account.
pub async fn show(frame: Frame) -> Page {
    let user = &frame.diner()?.user;
    let (name, email) = (user.name.as_str(), user.email.as_str());
    frame.show(&Profile { frame: &frame, user, name, email, problem: None, wrong_password: false })
}

/// Changes it. Who changes how to sign in says once more who they are: a session alone may be a borrowed laptop.
pub async fn change(
    State(app): State<AppState>,
    acts: Acts,
    ClientAddress(address): ClientAddress,
    form: Form,
) -> Page {
    let frame = &form.frame;
    let session = frame.diner()?;
    let user = &session.user;
    let (name, email, password) = (form.text("name"), form.text("email"), form.secret("password"));
    let signs_in_otherwise = email != user.email.as_str() || !password.expose_secret().is_empty();
    let again = |status, problem: String, wrong_password| {
        let problem = Some(problem);
        frame.show_with(status, &Profile { frame, user, name, email, problem, wrong_password })
    };
    if signs_in_otherwise
        && let Err(problem) = authenticate(&app, user.email.as_str(), form.secret("current"), address).await
    {
        let text = match problem.status() {
            StatusCode::NOT_FOUND => "To change e-mail or password, enter your current password.".to_owned(),
            status if status.is_client_error() => {
                "That were too many tries. Please wait a minute.".to_owned()
            }
            _ => return Err(problem.into()),
        };
        return again(StatusCode::FORBIDDEN, text, true);
    }
    let wanted = ChangeUser {
        name: Some(name.to_owned()),
        email: Some(email.to_owned()),
        password: Some(password).filter(|password| !password.expose_secret().is_empty()),
    };
    match change_account(&app, &acts, session, user.id, wanted).await {
        Ok(user) => {
            let mut response = frame.go_saying("/profile", "Your account is up to date.");
            if signs_in_otherwise {
                app.sessions.close(session).await?;
                let token = app.sessions.open(&user).await.map_err(Problem::from)?;
                frame.begin_session(&token, &mut response);
            }
            Ok(response)
        }
        Err(problem) if problem.status().is_client_error() => {
            again(problem.status(), problem.message().to_owned(), false)
        }
        Err(problem) => Err(problem.into()),
    }
}

impl Profile<'_> {
    fn about_current(&self) -> Option<&'static str> {
        self.wrong_password.then_some("This is not your current password.")
    }

    fn roles(&self) -> Vec<&'static str> {
        let mut roles: Vec<_> = self.user.roles.iter().map(role).collect();
        roles.dedup();
        roles
    }
}

fn role(role: &Role) -> &'static str {
    match role {
        Role::Diner => "diner",
        Role::Franchisee(_) => "franchisee",
        Role::Admin => "admin",
    }
}

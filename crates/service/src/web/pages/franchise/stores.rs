//! Opening and closing stores.

use super::{one, own_franchise};
use crate::{
    api::{
        acts::Acts,
        extract::Path,
        franchises::{close_store, open_store},
    },
    app::AppState,
    edge::Problem,
    web::{Form, Frame, Page, pages::sure::Sure},
};
use axum::extract::State;

/// Opens one.
pub async fn open(State(app): State<AppState>, acts: Acts, Path(id): Path<String>, form: Form) -> Page {
    let frame = &form.frame;
    let name = form.text("name");
    match open_store(&app, &acts, frame.diner()?, &id, Some(name.to_owned())).await {
        Ok(_) => Ok(frame.go_saying(&format!("/franchise/{id}"), &format!("{name} is open. Ovens on!"))),
        Err(problem) if problem.status().is_client_error() => {
            let franchise = own_franchise(&app, frame, &id).await?;
            one(&app, frame, &franchise, name, Some(problem)).await
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Asks before one is closed.
pub async fn ask(
    State(app): State<AppState>,
    Path((id, store)): Path<(String, String)>,
    frame: Frame,
) -> Page {
    let franchise = own_franchise(&app, &frame, &id).await?;
    let store = franchise.stores.iter().find(|candidate| candidate.id.to_string() == store);
    let store = store.ok_or_else(|| Problem::not_found("unknown store"))?;
    let earned = store.total_revenue.unwrap_or_default();
    let sure = Sure {
        frame: &frame,
        question: format!("Close the store {}?", store.name),
        consequences: vec![
            "Nobody can order from it any more, from now on.".to_owned(),
            "Orders that were placed before are safe: they are made and delivered as promised.".to_owned(),
            format!("The ₿ {earned} that it brought in leave the list of stores; the chart keeps them."),
            "It cannot be opened again. A new store can have the same name.".to_owned(),
        ],
        button: "Close the store",
        back: &format!("/franchise/{id}"),
    };
    sure.ask()
}

/// Closes one.
pub async fn close(
    State(app): State<AppState>,
    acts: Acts,
    Path((id, store)): Path<(String, String)>,
    form: Form,
) -> Page {
    let frame = &form.frame;
    close_store(&app, &acts, frame.diner()?, (&id, &store)).await?;
    Ok(frame.go_saying(&format!("/franchise/{id}"), "The store is closed. Its last orders are still made."))
}

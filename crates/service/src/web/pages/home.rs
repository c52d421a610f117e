//! The front door.

use crate::{
    app::AppState,
    web::{Frame, Page, art},
};
use askama::Template;
use axum::{
    extract::{FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use domain::{Menu, MenuItem};

#[derive(Template)]
#[template(path = "pages/home.html")]
struct Home<'a> {
    frame: &'a Frame,
    favourites: &'a [MenuItem],
}

/// The front door, for a browser.
pub async fn home(app: AppState, request: Request) -> Response {
    show(app, request).await.into_response()
}

async fn show(app: AppState, request: Request) -> Page {
    let (mut parts, _) = request.into_parts();
    let frame = Frame::from_request_parts(&mut parts, &app).await?;
    let offer = app.catalogue.offer().await?;
    let Menu(pizzas) = &offer.menu;
    frame.show(&Home { frame: &frame, favourites: &pizzas[..pizzas.len().min(3)] })
}

impl Home<'_> {
    fn picture(&self, item: &MenuItem) -> String {
        art::of_menu_item(item)
    }
}

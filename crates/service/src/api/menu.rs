//! The menu.

use super::{
    acts::{Acts, forbidden},
    extract::{Caller, Json},
};
use crate::{app::AppState, edge::Problem};
use axum::{extract::State, http::header, response::IntoResponse};
use domain::{Bitcoin, NewMenuItem};
use serde::Deserialize;

/// What the historic schema keeps of a title, an image and a description, in characters.
const MAX_TITLE: usize = 255;
const MAX_IMAGE: usize = 1024;
const MAX_DESCRIPTION: usize = 4096;
/// The historic schema has two digits before the point.
const TOO_DEAR: Bitcoin = Bitcoin::from_satoshi(100 * 100_000_000);

/// A pizza to put on the menu.
#[derive(Deserialize)]
pub struct AddMenuItem {
    title: Option<String>,
    description: Option<String>,
    image: Option<String>,
    price: Option<Bitcoin>,
}

/// `GET /api/order/menu`
pub async fn show(State(app): State<AppState>) -> Result<impl IntoResponse, Problem> {
    let offer = app.catalogue.offer().await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], offer.json.clone()))
}

/// `PUT /api/order/menu`
pub async fn add(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Json(item): Json<AddMenuItem>,
) -> Result<impl IntoResponse, Problem> {
    if !session.user.is_admin() {
        return Err(forbidden("unable to add menu item"));
    }
    let item = item.checked()?;
    let (title, price) = (item.title.clone(), item.price);
    let menu = app.store.add_menu_item(item).await?;
    app.catalogue.changed();
    acts.record(&session, "menu.add", format!("pizza {title}"), Some(format!("{price} bitcoin"))).await;
    Ok(axum::Json(menu))
}

impl AddMenuItem {
    fn checked(self) -> Result<NewMenuItem, Problem> {
        let price = self.price.ok_or_else(|| Problem::bad_request("price is required"))?;
        if price >= TOO_DEAR {
            return Err(Problem::bad_request("a price must be below 100"));
        }
        let title = at_most(MAX_TITLE, "title", self.title)?;
        if title.trim().is_empty() {
            return Err(Problem::bad_request("title is required"));
        }
        let image = at_most(MAX_IMAGE, "image", self.image)?;
        let description = at_most(MAX_DESCRIPTION, "description", self.description)?;
        Ok(NewMenuItem { title, image, price, description })
    }
}

fn at_most(max: usize, member: &str, text: Option<String>) -> Result<String, Problem> {
    let text = text.unwrap_or_default();
    if text.chars().count() <= max {
        return Ok(text);
    }
    Err(Problem::bad_request(format!("{member} must be at most {max} characters")))
}

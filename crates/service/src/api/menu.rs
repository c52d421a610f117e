//! The menu.

use super::{
    acts::{Acts, forbidden},
    extract::{Caller, Json},
    schema,
    views::MenuItemView,
};
use crate::{app::AppState, edge::Problem};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use domain::{Bitcoin, NewMenuItem};
use serde::Deserialize;
use utoipa::ToSchema;

/// What the historic schema keeps of a title, an image and a description, in characters.
const MAX_TITLE: usize = 255;
const MAX_IMAGE: usize = 1024;
const MAX_DESCRIPTION: usize = 4096;
/// The historic schema has two digits before the point.
const TOO_DEAR: Bitcoin = Bitcoin::from_satoshi(100 * 100_000_000);

/// A pizza to put on the menu.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "title": "Student", "description": "No topping, no sauce, just carbs", "image": "pizza9.png", "price": 0.0001 }))]
pub struct AddMenuItem {
    #[schema(required, nullable = false, min_length = 1, max_length = 255, pattern = r"\S")]
    title: Option<String>,
    #[schema(max_length = 4096)]
    description: Option<String>,
    /// A file name or URL.
    #[schema(max_length = 1024)]
    image: Option<String>,
    #[schema(required, schema_with = schema::price)]
    price: Option<Bitcoin>,
}

/// The pizza menu
#[utoipa::path(
    get, path = "/api/order/menu", tag = "menu",
    responses(
        (status = 200, description = "The whole menu", body = Vec<MenuItemView>),
        (status = 503, description = "We cannot read it right now."),
    ),
)]
pub async fn show(State(app): State<AppState>) -> Result<impl IntoResponse, Problem> {
    let offer = app.catalogue.offer().await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], offer.json.clone()))
}

/// Add a pizza to the menu (admin)
#[utoipa::path(
    put, path = "/api/order/menu", tag = "menu", security(("session" = [])),
    request_body = AddMenuItem,
    responses(
        (status = 200, description = "The whole menu", body = Vec<MenuItemView>),
        (status = 400, description = "The title is missing, or the price cannot be; the message says what."),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn add(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Json(item): Json<AddMenuItem>,
) -> Result<Response, Problem> {
    if !session.user.is_admin() {
        return Err(forbidden("unable to add menu item"));
    }
    let item = item.checked()?;
    let (title, price) = (item.title.clone(), item.price);
    let menu = app.store.add_menu_item(item).await?;
    app.catalogue.changed();
    acts.record(&session, "menu.add", format!("pizza {title}"), Some(format!("{price} bitcoin"))).await;
    let menu: Vec<_> = menu.0.iter().map(MenuItemView::from).collect();
    Ok(axum::Json(menu).into_response())
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

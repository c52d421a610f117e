//! The menu.

use super::{
    acts::{Acts, forbidden},
    extract::{Caller, Json, Path, path_id},
    schema,
    views::MenuItemView,
};
use crate::{
    app::{App, AppState},
    auth::Session,
    edge::Problem,
};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use domain::{Bitcoin, Menu, MenuId, NewMenuItem};
use serde::Deserialize;
use utoipa::ToSchema;

const NOT_ON_THE_MENU: &str = "unknown pizza";
/// What the historic schema keeps of a title, an image and a description, in characters.
const MAX_TITLE: usize = 255;
const MAX_IMAGE: usize = 1024;
const MAX_DESCRIPTION: usize = 4096;
/// The historic schema has two digits before the point.
const TOO_DEAR: Bitcoin = Bitcoin::from_satoshi(100 * 100_000_000);

/// A pizza as the menu shall have it.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "title": "Student", "description": "No topping, no sauce, just carbs", "image": "pizza9.png", "price": 0.0001 }))]
pub struct AddMenuItem {
    #[schema(required, nullable = false, min_length = 1, max_length = 255, pattern = r"\S")]
    pub title: Option<String>,
    #[schema(max_length = 4096)]
    pub description: Option<String>,
    /// A file name or URL.
    #[schema(max_length = 1024)]
    pub image: Option<String>,
    #[schema(required, schema_with = schema::price)]
    pub price: Option<Bitcoin>,
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
    let menu = add_item(&app, &acts, &session, item).await?;
    Ok(whole(&menu))
}

/// Puts a pizza on the menu, if the caller may.
pub async fn add_item(app: &App, acts: &Acts, session: &Session, item: AddMenuItem) -> Result<Menu, Problem> {
    if !session.user.is_admin() {
        return Err(forbidden("unable to add menu item"));
    }
    let item = item.checked()?;
    let (title, price) = (item.title.clone(), item.price);
    let menu = app.store.add_menu_item(item).await?;
    app.catalogue.changed();
    acts.record(session, "menu.add", format!("pizza {title}"), Some(format!("{price} bitcoin"))).await;
    Ok(menu)
}

/// Change a pizza on the menu (admin)
///
/// All of it is replaced, for orders from now on. What was ordered keeps its title and price.
#[utoipa::path(
    put, path = "/api/order/menu/{id}", tag = "menu", security(("session" = [])),
    params(("id" = i64, Path, description = "The pizza", example = 1)),
    request_body = AddMenuItem,
    responses(
        (status = 200, description = "The whole menu", body = Vec<MenuItemView>),
        (status = 400, description = "The title is missing, or the price cannot be; the message says what."),
        (status = 403, description = "Only an admin may do that."),
        (status = 404, description = "It is not on the menu."),
    ),
)]
pub async fn change(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Path(id): Path<String>,
    Json(item): Json<AddMenuItem>,
) -> Result<Response, Problem> {
    let menu = change_item(&app, &acts, &session, &id, item).await?;
    Ok(whole(&menu))
}

/// Replaces what the menu says of a pizza, if the caller may.
pub async fn change_item(
    app: &App,
    acts: &Acts,
    session: &Session,
    id: &str,
    item: AddMenuItem,
) -> Result<Menu, Problem> {
    if !session.user.is_admin() {
        return Err(forbidden("unable to change menu item"));
    }
    let id = path_id(id, MenuId, NOT_ON_THE_MENU)?;
    let item = item.checked()?;
    let detail = format!("{}, {} bitcoin; was {}", item.title, item.price, words_for(app, id).await?);
    let menu = app.store.change_menu_item(id, item).await?;
    changed(app, acts, session, "menu.change", id, detail, menu).await
}

/// Withdraw a pizza from the menu (admin)
///
/// Nobody can order it any more; what was ordered is made.
#[utoipa::path(
    delete, path = "/api/order/menu/{id}", tag = "menu", security(("session" = [])),
    params(("id" = i64, Path, description = "The pizza", example = 1)),
    responses(
        (status = 200, description = "The rest of the menu", body = Vec<MenuItemView>),
        (status = 403, description = "Only an admin may do that."),
        (status = 404, description = "It is not on the menu."),
    ),
)]
pub async fn withdraw(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let menu = withdraw_item(&app, &acts, &session, &id).await?;
    Ok(whole(&menu))
}

/// Takes a pizza off the menu, if the caller may.
pub async fn withdraw_item(app: &App, acts: &Acts, session: &Session, id: &str) -> Result<Menu, Problem> {
    if !session.user.is_admin() {
        return Err(forbidden("unable to withdraw menu item"));
    }
    let id = path_id(id, MenuId, NOT_ON_THE_MENU)?;
    let detail = words_for(app, id).await?;
    let menu = app.store.withdraw_menu_item(id).await?;
    changed(app, acts, session, "menu.withdraw", id, detail, menu).await
}

/// What the record says of a pizza: afterwards nobody could look it up.
async fn words_for(app: &App, id: MenuId) -> Result<String, Problem> {
    let menu = app.store.menu().await?;
    let item = menu.item(id).ok_or_else(|| Problem::not_found(NOT_ON_THE_MENU))?;
    Ok(format!("{}, {} bitcoin", item.title, item.price))
}

async fn changed(
    app: &App,
    acts: &Acts,
    session: &Session,
    action: &'static str,
    id: MenuId,
    detail: String,
    menu: Option<Menu>,
) -> Result<Menu, Problem> {
    app.catalogue.changed();
    let menu = menu.ok_or_else(|| Problem::not_found(NOT_ON_THE_MENU))?;
    acts.record(session, action, format!("pizza {id}"), Some(detail)).await;
    Ok(menu)
}

fn whole(menu: &Menu) -> Response {
    let menu: Vec<_> = menu.0.iter().map(MenuItemView::from).collect();
    axum::Json(menu).into_response()
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

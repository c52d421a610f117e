//! The menu: adding, changing and withdrawing pizzas.

use crate::{
    api::{
        acts::Acts,
        extract::{Path, Query},
        menu::{AddMenuItem, add_item, change_item, withdraw_item},
    },
    app::{App, AppState},
    edge::Problem,
    web::{Form, Frame, Page, art, error_page::sentence, pages::sure::Sure},
};
use askama::Template;
use axum::{extract::State, http::StatusCode};
use domain::{Bitcoin, Menu, MenuId, MenuItem, User};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "pages/admin/menu.html")]
struct MenuPage<'a> {
    frame: &'a Frame,
    menu: &'a Menu,
    item: Fields,
}

#[derive(Template)]
#[template(path = "pages/admin/menu_item.html")]
struct ItemPage<'a> {
    frame: &'a Frame,
    id: MenuId,
    item: Fields,
}

#[derive(Template)]
#[template(path = "pages/admin/menu_picture.html")]
struct Picture {
    item: Fields,
}

/// A pizza as somebody types it.
#[derive(Default, Deserialize)]
pub struct Fields {
    #[serde(default)]
    title: String,
    #[serde(default)]
    image: String,
    #[serde(default)]
    price: String,
    #[serde(default)]
    description: String,
    /// Why it cannot be.
    #[serde(skip)]
    problem: Option<String>,
}

/// All that can be ordered.
pub async fn show(State(app): State<AppState>, frame: Frame) -> Page {
    frame.only(User::is_admin)?;
    let menu = app.store.menu().await?;
    frame.show(&MenuPage { frame: &frame, menu: &menu, item: Fields::default() })
}

/// How a pizza of this title would be drawn.
pub async fn picture(frame: Frame, Query(item): Query<Fields>) -> Page {
    frame.only(User::is_admin)?;
    frame.show(&Picture { item })
}

/// Puts one on the menu.
pub async fn add(State(app): State<AppState>, acts: Acts, form: Form) -> Page {
    let frame = &form.frame;
    let session = frame.only(User::is_admin)?;
    let mut fields = Fields::of(&form);
    let added = match fields.read() {
        Ok(item) => add_item(&app, &acts, session, item).await,
        Err(problem) => Err(problem),
    };
    match added {
        Ok(_) => Ok(frame.go_saying("/admin/menu", &format!("{} is on the menu.", fields.title))),
        Err(problem) if problem.status() == StatusCode::BAD_REQUEST => {
            fields.problem = Some(sentence(problem.message()));
            let menu = app.store.menu().await?;
            frame.show_with(problem.status(), &MenuPage { frame, menu: &menu, item: fields })
        }
        Err(problem) => Err(problem.into()),
    }
}

/// One of them, to change.
pub async fn edit(State(app): State<AppState>, Path(id): Path<String>, frame: Frame) -> Page {
    frame.only(User::is_admin)?;
    let item = on_the_menu(&app, &id).await?;
    frame.show(&ItemPage { frame: &frame, id: item.id, item: Fields::from(item) })
}

/// Changes one.
pub async fn change(State(app): State<AppState>, acts: Acts, Path(id): Path<String>, form: Form) -> Page {
    let frame = &form.frame;
    let session = frame.only(User::is_admin)?;
    let mut fields = Fields::of(&form);
    let changed = match fields.read() {
        Ok(item) => change_item(&app, &acts, session, &id, item).await,
        Err(problem) => Err(problem),
    };
    match changed {
        Ok(_) => Ok(frame.go_saying("/admin/menu", &format!("{} is changed.", fields.title))),
        Err(problem) if problem.status() == StatusCode::BAD_REQUEST => {
            fields.problem = Some(sentence(problem.message()));
            let id = on_the_menu(&app, &id).await?.id;
            frame.show_with(problem.status(), &ItemPage { frame, id, item: fields })
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Asks before one is withdrawn.
pub async fn ask(State(app): State<AppState>, Path(id): Path<String>, frame: Frame) -> Page {
    frame.only(User::is_admin)?;
    let item = on_the_menu(&app, &id).await?;
    let consequences = vec![
        "Nobody can order it any more, from now on. In carts it is left out.".to_owned(),
        "What was ordered before is safe: it is made, and keeps its name and price.".to_owned(),
        "It cannot be put back; a new pizza can have the same name.".to_owned(),
    ];
    let question = format!("Withdraw {} from the menu?", item.title);
    Sure { frame: &frame, question, consequences, button: "Withdraw it", back: "/admin/menu" }.ask()
}

/// Withdraws one.
pub async fn withdraw(State(app): State<AppState>, acts: Acts, Path(id): Path<String>, form: Form) -> Page {
    let frame = &form.frame;
    let session = frame.only(User::is_admin)?;
    withdraw_item(&app, &acts, session, &id).await?;
    Ok(frame.go_saying("/admin/menu", "It is off the menu."))
}

/// Not from what is at hand: who changes a pizza sees it as it is.
async fn on_the_menu(app: &App, id: &str) -> Result<MenuItem, Problem> {
    let menu = app.store.menu().await?;
    let item = id.parse().ok().and_then(|id| menu.item(MenuId(id)).cloned());
    item.ok_or_else(|| Problem::not_found("unknown pizza"))
}

impl Fields {
    fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        Self {
            title: text("title"),
            image: text("image"),
            price: text("price"),
            description: text("description"),
            problem: None,
        }
    }

    fn read(&self) -> Result<AddMenuItem, Problem> {
        let price = match self.price.replace(',', ".") {
            price if price.is_empty() => None,
            price => Some(price.parse::<Bitcoin>().map_err(|error| Problem::bad_request(error.to_string()))?),
        };
        let text = |text: &String| Some(text.clone());
        let (title, image, description) = (text(&self.title), text(&self.image), text(&self.description));
        Ok(AddMenuItem { title, image, price, description })
    }

    fn picture(&self) -> String {
        art::of_titled(&self.image, &self.title)
    }
}

impl From<MenuItem> for Fields {
    fn from(item: MenuItem) -> Self {
        let MenuItem { title, image, description, price, .. } = item;
        Self { title, image, description, price: price.to_string(), problem: None }
    }
}

impl MenuPage<'_> {
    fn picture(&self, item: &MenuItem) -> String {
        art::of_menu_item(item)
    }
}

//! The menu, and the cart beside it.

use crate::{
    app::AppState,
    web::{
        Form, Frame, Page, art,
        cart::{self, Line},
    },
};
use askama::Template;
use axum::extract::State;
use domain::{Bitcoin, MAX_ITEMS, Menu, MenuId, MenuItem};

#[derive(Template)]
#[template(path = "pages/menu.html")]
struct MenuPage<'a> {
    frame: &'a Frame,
    menu: &'a Menu,
    lines: Vec<Line<'a>>,
}

/// What htmx gets after a change: the cart, and its count in the head.
#[derive(Template)]
#[template(path = "pages/cart.html")]
struct CartPart<'a> {
    frame: &'a Frame,
    lines: Vec<Line<'a>>,
}

/// What can be ordered.
pub async fn show(State(app): State<AppState>, frame: Frame) -> Page {
    let offer = app.catalogue.offer().await?;
    let lines = frame.cart.lines(&offer.menu);
    frame.show(&MenuPage { frame: &frame, menu: &offer.menu, lines })
}

/// Puts so many of one pizza into the cart.
pub async fn change_cart(State(app): State<AppState>, form: Form) -> Page {
    let offer = app.catalogue.offer().await?;
    let pizza = form.number("pizza").map(MenuId).filter(|pizza| offer.menu.item(*pizza).is_some());
    let step = form.number("step");
    let Form { mut frame, .. } = form;
    if let (Some(pizza), Some(step)) = (pizza, step) {
        let count = i64::try_from(frame.cart.count_of(pizza)).unwrap_or_default().saturating_add(step);
        frame.cart.set(pizza, usize::try_from(count).unwrap_or_default());
    }
    let mut response = if frame.wants_part {
        let lines = frame.cart.lines(&offer.menu);
        frame.show(&CartPart { frame: &frame, lines })?
    } else {
        frame.go("/menu")
    };
    frame.keep_cart(&mut response);
    Ok(response)
}

impl MenuPage<'_> {
    fn total(&self) -> Bitcoin {
        cart::total(&self.lines)
    }

    fn most(&self) -> usize {
        MAX_ITEMS
    }

    fn picture(&self, item: &MenuItem) -> String {
        art::of_menu_item(item)
    }
}

impl CartPart<'_> {
    fn total(&self) -> Bitcoin {
        cart::total(&self.lines)
    }

    fn most(&self) -> usize {
        MAX_ITEMS
    }
}

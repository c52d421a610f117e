//! A diner's orders, newest first.

use crate::{
    api::{
        extract::{Path, Query, clamped},
        orders::own_order,
    },
    app::AppState,
    web::{
        Form, Frame, Page, art,
        show::{status, time},
    },
};
use askama::Template;
use axum::extract::State;
use domain::{Bitcoin, OrderState};
use serde::Deserialize;
use store::OrderRecord;

const PER_PAGE: u32 = 10;
const MAX_PAGE: u32 = 1_000_000;

/// Which part of them.
#[derive(Deserialize)]
pub struct Which {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/orders.html")]
struct Orders<'a> {
    frame: &'a Frame,
    orders: Vec<OrderRecord>,
    page: u32,
    more: bool,
}

/// A page of them.
pub async fn show(State(app): State<AppState>, frame: Frame, Query(which): Query<Which>) -> Page {
    let diner = frame.diner()?.user.id;
    let page = clamped(which.page.as_deref(), 1, 1..=MAX_PAGE);
    let orders = app.store.orders_of(diner, page, PER_PAGE).await?;
    let full = orders.len() == PER_PAGE as usize;
    let more = full && !app.store.orders_of(diner, page + 1, PER_PAGE).await?.is_empty();
    frame.show(&Orders { frame: &frame, orders, page, more })
}

/// Puts what was ordered once into the cart again.
pub async fn again(State(app): State<AppState>, Path(id): Path<String>, form: Form) -> Page {
    let session = form.frame.diner()?.clone();
    let order = own_order(&app, &session, &id).await?;
    let offer = app.catalogue.offer().await?;
    let Form { mut frame, .. } = form;
    frame.cart.empty();
    frame.cart.store = Some((order.franchise, order.store));
    let mut gone = 0;
    for item in &order.items {
        match offer.menu.item(item.menu_id) {
            Some(_) => frame.cart.set(item.menu_id, frame.cart.count_of(item.menu_id) + 1),
            None => gone += 1,
        }
    }
    let mut response = match gone {
        0 => frame.go("/pay"),
        _ => frame.go_saying(
            "/menu",
            "Some of these pizzas are not on the menu any more. The others are in your cart.",
        ),
    };
    frame.keep_cart(&mut response);
    Ok(response)
}

impl Orders<'_> {
    fn status(&self, order: &OrderRecord) -> &'static str {
        status(order.state)
    }

    fn class(&self, order: &OrderRecord) -> &'static str {
        class(order.state)
    }

    fn time(&self, order: &OrderRecord) -> String {
        time(&order.date)
    }

    fn total(&self, order: &OrderRecord) -> Bitcoin {
        total(order)
    }

    fn picture(&self, order: &OrderRecord) -> Option<String> {
        order.jwt.as_deref().map(|jwt| art::of_pizza(jwt, titles(order)))
    }

    fn what(&self, order: &OrderRecord) -> String {
        what(order)
    }

    fn jwt_start(&self, order: &OrderRecord) -> Option<String> {
        let jwt = order.jwt.as_ref()?;
        Some(format!("{}…", jwt.chars().take(28).collect::<String>()))
    }
}

/// What an order cost.
pub fn total(order: &OrderRecord) -> Bitcoin {
    order.items.iter().map(|item| item.price).sum()
}

/// Its titles, in order.
pub fn titles(order: &OrderRecord) -> impl Iterator<Item = &str> {
    order.items.iter().map(|item| item.description.as_str())
}

/// `2 × Veggie, Pepperoni`.
pub fn what(order: &OrderRecord) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for title in titles(order) {
        match counts.iter_mut().find(|(known, _)| *known == title) {
            Some((_, count)) => *count += 1,
            None => counts.push((title, 1)),
        }
    }
    let one = |(title, count): &(&str, usize)| match count {
        1 => (*title).to_owned(),
        count => format!("{count} × {title}"),
    };
    counts.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// How a state looks.
pub fn class(state: OrderState) -> &'static str {
    match state {
        OrderState::Fulfilled => "good",
        OrderState::Making => "busy",
        OrderState::Queued | OrderState::Quarantined => "waiting",
        OrderState::Rejected | OrderState::Cancelled => "over",
    }
}

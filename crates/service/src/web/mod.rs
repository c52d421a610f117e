//! The pages: what people see, rendered here, without a build step and without a word of inline script or style.
//!
//! **To add a page**
//! 1. a file `pages/NOUN.rs` with its handlers, and a template `templates/pages/NOUN.html` that begins with
//!    `{% extends "pages/layout.html" %}` and fills the blocks `title` and `content`;
//! 2. the page is a struct with `#[derive(Template)]`, a `frame: &Frame` and what it shows; its handler takes a
//!    [`Frame`] (who looks, in which theme, with what in the cart) and ends with `frame.show(&page)`;
//! 3. its route in [`routes`]; what changes anything beyond the visitor's own cookies goes into `acts`, so that it
//!    is carried through when the browser hangs up.
//!
//! A handler that needs somebody signed in asks `frame.diner()?`, which sends others to the login and back; one for
//! a role asks `frame.only(User::is_admin)?`. A handler of a POST takes a [`Form`], which has a `frame` and the
//! fields, and is refused before the handler runs unless its token and origin are our page's; so every form has
//! `{% call forms::token(frame) %}{% endcall %}`. After a POST, `frame.go("/path")` (303) or
//! `frame.go_saying("/path", "What was done.")`, which is shown once, there. Fields and pagination are macros in
//! `templates/pages/forms.html`; a form with `data-ask="Really?"` asks first. What goes wrong is a
//! [`Problem`](crate::edge::Problem), as in the API: the edge makes it a page for browsers.
//!
//! A live part is a template of its own, which the page includes as `{{ part|safe }}`, and which is sent alone when
//! `frame.wants_part` (htmx asks) or over an event stream (`pages/delivery_events.rs`). Style is `assets/web/app.css`
//! alone: `style="…"` and `<script>` in a page are refused by our own policy. A new page belongs into the list of
//! `crates/pizza/tests/pages/accessible.rs`.

mod art;
mod assets;
mod cart;
mod cookies;
mod error_page;
mod form;
mod frame;
mod pages;
mod seal;
mod show;
mod sign;
mod theme;

pub use cookies::read as cookie;
pub use error_page::{page_headers, problem_page, wants_page};
pub use frame::own_path;
pub use pages::home;
pub use seal::Seal;

use crate::{api::acts::carried_through, app::AppState};
use axum::{
    Router,
    middleware::from_fn,
    routing::{get, post},
};
use cart::Cart;
use form::Form;
use frame::{Frame, Page, Stop};

/// Every page and what pages need. `/` is the API's, which asks us when a browser comes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/menu", get(pages::menu::show))
        .route("/cart", post(pages::menu::change_cart))
        .route("/pay", get(pages::pay::show))
        .route("/orders", get(pages::orders::show))
        .route("/orders/{id}", get(pages::delivery::show))
        .route("/orders/{id}/events", get(pages::delivery_events::stream))
        .route("/orders/{id}/again", post(pages::orders::again))
        .route("/orders/{id}/verify", get(pages::verify::of_order))
        .route("/verify", get(pages::verify::show).post(pages::verify::check))
        .route("/login", get(pages::login::show))
        .route("/register", get(pages::register::show))
        .route("/profile", get(pages::profile::show))
        .route("/kitchen", get(pages::kitchen::show))
        .route("/kitchen/sign", get(pages::kitchen::sign))
        .route("/kitchen/feed.atom", get(pages::kitchen_history::feed))
        .route("/kitchen/history.json", get(pages::kitchen_history::json))
        .route("/theme", post(pages::theme::switch))
        .route("/assets/{file}", get(assets::serve))
        .route("/art/{file}", get(art::serve))
        .merge(pages::operations::routes())
        .merge(pages::franchise::routes())
        .merge(pages::admin::routes())
        .merge(acts())
}

/// A cart, written again as it was understood, and how many pizzas are in it.
pub fn cart(text: &str) -> (String, usize) {
    let cart = Cart::read(text);
    (cart.to_string(), cart.count())
}

/// What changes more than the visitor's own cookies.
fn acts() -> Router<AppState> {
    Router::new()
        .route("/pay", post(pages::pay::place))
        .route("/orders/{id}/cancel", post(pages::delivery::cancel))
        .route("/login", post(pages::login::login))
        .route("/logout", post(pages::login::logout))
        .route("/register", post(pages::register::register))
        .route("/profile", post(pages::profile::change))
        .merge(pages::operations::acts())
        .merge(pages::franchise::acts())
        .merge(pages::admin::acts())
        .route_layer(from_fn(carried_through))
}

//! Where to, how much, and pay. The order is written down before anything else happens, so what follows a click on
//! "Pay" is an order or a reason why not, whatever the kitchen does.

use crate::{
    api::{
        order_request::Wanted,
        orders::{Taken, take},
    },
    app::AppState,
    edge::{Exchange, Problem},
    fulfilment::Receipt,
    web::{
        Form, Frame, Page, Stop, art,
        cart::{self, Cart, Line},
        show::about,
    },
};
use askama::Template;
use axum::{extract::State, http::StatusCode};
use domain::{Bitcoin, Franchise, FranchiseId, IdempotencyKey, Menu, MenuItem, OrderId, StoreId};
use std::time::Duration;
use store::FranchiseQuery;
use uuid::Uuid;

/// How long the page waits for a pizza that is made at once, before it shows the way to it.
const PATIENCE: Duration = Duration::from_millis(1_200);
/// The most franchises to choose from.
const FRANCHISES: u32 = 100;

#[derive(Template)]
#[template(path = "pages/pay.html")]
struct Pay<'a> {
    frame: &'a Frame,
    lines: Vec<Line<'a>>,
    franchises: Vec<Franchise>,
    /// Names this payment, so that it is one order however often it is sent.
    key: String,
    problem: Option<String>,
}

/// The last look before paying.
pub async fn show(State(app): State<AppState>, frame: Frame) -> Page {
    frame.diner()?;
    let offer = app.catalogue.offer().await?;
    page(&app, &frame, &offer.menu, None).await
}

/// Pays.
pub async fn place(State(app): State<AppState>, exchange: Exchange, form: Form) -> Page {
    let session = form.frame.diner()?.clone();
    let offer = app.catalogue.offer().await?;
    let key = IdempotencyKey::parse(&format!("page-{}", form.text("key")));
    let store = Cart::read_store(form.text("store"));
    let Form { mut frame, .. } = form;
    let pizzas = frame.cart.pizzas(&offer.menu);
    let (Ok(key), Some((franchise, store))) = (key, store) else {
        let problem = Problem::bad_request("Please choose a store first.");
        return page(&app, &frame, &offer.menu, Some(problem)).await;
    };
    let wanted = Wanted::new(franchise, store, pizzas, key);
    let id = match take(&app, &session, wanted, &exchange).await {
        Ok(Taken::Before(id)) => id,
        Ok(Taken::Now(_, receipt)) => taken(&app, receipt).await?,
        Err(problem) => return page(&app, &frame, &offer.menu, Some(problem)).await,
    };
    frame.cart.empty();
    frame.cart.store = Some((franchise, store));
    let mut response = frame.go(&format!("/orders/{id}"));
    frame.keep_cart(&mut response);
    Ok(response)
}

/// A pizza that is made at once is shown at once; any other is waited for on its own page.
async fn taken(app: &AppState, receipt: Receipt) -> Result<OrderId, Stop> {
    match receipt {
        Receipt::Making { id, made, .. } => {
            if tokio::time::timeout(PATIENCE, made).await.is_err() {
                app.metrics.order("queued");
            }
            Ok(id)
        }
        Receipt::Queued { id, .. } => {
            app.metrics.order("queued");
            Ok(id)
        }
        Receipt::Replayed(id) => Ok(id),
        Receipt::KeyReused => Err(Problem::internal().into()),
    }
}

async fn page(app: &AppState, frame: &Frame, menu: &Menu, problem: Option<Problem>) -> Page {
    let query = FranchiseQuery { page: 0, per_page: FRANCHISES, name: "*".to_owned(), with_business: false };
    let franchises = app.store.franchises(query).await?.franchises;
    let status = problem.as_ref().map_or(StatusCode::OK, Problem::status);
    let page = Pay {
        frame,
        lines: frame.cart.lines(menu),
        franchises: franchises.into_iter().filter(|franchise| !franchise.stores.is_empty()).collect(),
        key: Uuid::new_v4().to_string(),
        problem: problem.map(|problem| in_a_diner_s_words(&problem)),
    };
    frame.show_with(status, &page)
}

/// The API's words, where they are for programs.
fn in_a_diner_s_words(problem: &Problem) -> String {
    match problem.status() {
        StatusCode::UNPROCESSABLE_ENTITY => {
            "Your cart has changed since this page was opened. Please check it and pay again.".to_owned()
        }
        StatusCode::NOT_FOUND => "That store has closed. Please choose another one.".to_owned(),
        _ => problem.message().to_owned(),
    }
}

impl Pay<'_> {
    fn total(&self) -> Bitcoin {
        cart::total(&self.lines)
    }

    fn picture(&self, item: &MenuItem) -> String {
        art::of_menu_item(item)
    }

    fn is_chosen(&self, franchise: &FranchiseId, store: &StoreId) -> bool {
        let only = self.franchises.len() == 1 && self.franchises[0].stores.len() == 1;
        only || self.frame.cart.store == Some((*franchise, *store))
    }

    fn wait(&self) -> String {
        about(self.frame.kitchen.estimated_wait())
    }
}

//! The queue: what waits, what needs a person, and what a person may do about it.

use super::{admin, back, show::age};
use crate::{
    api::{
        acts::Acts,
        extract::{Path, Query, clamped, path_id},
    },
    app::AppState,
    edge::Problem,
    web::{Form, Frame, Page, pages::orders::what},
};
use askama::Template;
use axum::extract::State;
use domain::{OrderId, OrderState};
use serde::Deserialize;
use store::{Cancellation, OrderRecord, QueueStats, Redrive};

const PER_PAGE: u32 = 25;
const MAX_PAGE: u32 = 1_000_000;
const HERE: &str = "/operations/queue";

/// Which part of the list.
#[derive(Deserialize)]
pub struct Which {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/operations/queue.html")]
struct QueuePage<'a> {
    frame: &'a Frame,
    paused: bool,
    queue: Queue,
}

/// The part that changes by itself.
#[derive(Template)]
#[template(path = "pages/operations/queue_part.html")]
struct Queue {
    state: OrderState,
    stats: QueueStats,
    orders: Vec<OrderRecord>,
    page: u32,
    more: bool,
    /// The page itself.
    here: String,
    csrf: String,
}

/// What waits.
pub async fn show_queued(State(app): State<AppState>, frame: Frame, Query(which): Query<Which>) -> Page {
    list(app, OrderState::Queued, frame, &which).await
}

/// The orders in a state; for htmx, only what changes.
pub async fn show(
    State(app): State<AppState>,
    Path(state): Path<String>,
    frame: Frame,
    Query(which): Query<Which>,
) -> Page {
    admin(&frame)?;
    let state = state.parse::<OrderState>().ok().filter(|state| !state.is_final());
    let state = state.ok_or_else(|| Problem::not_found("unknown endpoint"))?;
    list(app, state, frame, &which).await
}

async fn list(app: AppState, state: OrderState, frame: Frame, which: &Which) -> Page {
    admin(&frame)?;
    let page = clamped(which.page.as_deref(), 1, 1..=MAX_PAGE);
    let found = app.store.orders_in(state, page, PER_PAGE).await?;
    let queue = Queue {
        state,
        stats: app.store.queue_stats().await?,
        orders: found.orders,
        page,
        more: found.more,
        here: frame.here.clone(),
        csrf: frame.csrf(),
    };
    if frame.wants_part {
        return frame.show(&queue);
    }
    frame.show(&QueuePage { frame: &frame, paused: app.kitchen.is_paused(), queue })
}

/// Nothing leaves the queue but probes.
pub async fn pause(State(app): State<AppState>, acts: Acts, form: Form) -> Page {
    let session = admin(&form.frame)?;
    app.kitchen.pause();
    acts.record(session, "queue.pause", "queue", None).await;
    Ok(back(&form, HERE, "The queue is paused. Do not forget to resume it."))
}

/// The queue moves again.
pub async fn resume(State(app): State<AppState>, acts: Acts, form: Form) -> Page {
    let session = admin(&form.frame)?;
    app.kitchen.resume();
    acts.record(session, "queue.resume", "queue", None).await;
    Ok(back(&form, HERE, "The queue moves again."))
}

/// Sends a quarantined order to the kitchen again.
pub async fn redrive(State(app): State<AppState>, acts: Acts, Path(id): Path<String>, form: Form) -> Page {
    let session = admin(&form.frame)?;
    let id = path_id(&id, OrderId, "unknown order")?;
    let said = match app.store.redrive_order(id).await? {
        Redrive::Queued => {
            app.kitchen.order_changed(id);
            acts.record(session, "order.redrive", format!("order {id}"), None).await;
            format!("Order {id} is queued again.")
        }
        Redrive::NotQuarantined(state) => format!("Nothing was changed: order {id} is {state}."),
        Redrive::Unknown => return Err(Problem::not_found("unknown order").into()),
    };
    Ok(back(&form, HERE, &said))
}

/// Cancels an order that is not being made.
pub async fn cancel(State(app): State<AppState>, acts: Acts, Path(id): Path<String>, form: Form) -> Page {
    let session = admin(&form.frame)?;
    let id = path_id(&id, OrderId, "unknown order")?;
    let said = match app.store.cancel_order(id).await? {
        Cancellation::Cancelled => {
            app.kitchen.order_changed(id);
            app.metrics.order("cancelled");
            acts.record(session, "order.cancel", format!("order {id}"), None).await;
            format!("Order {id} is cancelled.")
        }
        Cancellation::TooLate(state) => format!("Nothing was changed: order {id} is {state}."),
        Cancellation::Unknown => return Err(Problem::not_found("unknown order").into()),
    };
    Ok(back(&form, HERE, &said))
}

impl Queue {
    fn states(&self) -> [(&'static str, u64, bool); 3] {
        let state = |state: OrderState, count| (state.as_str(), count, state == self.state);
        [
            state(OrderState::Queued, self.stats.queued),
            state(OrderState::Making, self.stats.making),
            state(OrderState::Quarantined, self.stats.quarantined),
        ]
    }

    fn path(&self) -> String {
        format!("{HERE}/{}", self.state)
    }

    fn what(&self, order: &OrderRecord) -> String {
        what(order)
    }

    fn can_cancel(&self) -> bool {
        self.state != OrderState::Making
    }

    fn can_redrive(&self) -> bool {
        self.state == OrderState::Quarantined
    }
}

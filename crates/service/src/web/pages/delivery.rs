//! One order on its way: what it waits for, and then the pizza.

use super::orders::{class, titles, total, what};
use crate::{
    api::{
        acts::Acts,
        extract::Path,
        orders::{own_order, withdraw},
    },
    app::AppState,
    fulfilment::{KitchenState, KitchenStatus},
    web::{
        Form, Frame, Page, art,
        show::{about, time},
    },
};
use askama::Template;
use axum::{extract::State, http::StatusCode};
use domain::{Bitcoin, OrderState};
use std::time::Duration;
use store::{OrderRecord, StoreError};

/// Orders at the head of the queue whose place is told.
const TOLD_PLACES: u32 = 100;

#[derive(Template)]
#[template(path = "pages/delivery.html")]
struct DeliveryPage<'a> {
    frame: &'a Frame,
    delivery: Delivery,
}

/// The part that changes by itself.
#[derive(Template)]
#[template(path = "pages/delivery_part.html")]
pub struct Delivery {
    order: OrderRecord,
    kitchen: KitchenStatus,
    /// Orders before this one, if they are few enough to count.
    before: Option<usize>,
    csrf: String,
}

/// One step on the way.
struct Step {
    name: &'static str,
    /// `done`, `now` or `ahead`.
    class: &'static str,
}

/// The page of an order: its owner's, or for an admin.
pub async fn show(State(app): State<AppState>, Path(id): Path<String>, frame: Frame) -> Page {
    let session = frame.diner()?;
    let order = own_order(&app, session, &id).await?;
    let delivery = Delivery::of(&app, order, frame.csrf()).await?;
    // What was promised and not made yet is 202 here too.
    let status = if delivery.is_final() { StatusCode::OK } else { StatusCode::ACCEPTED };
    frame.show_with(status, &DeliveryPage { frame: &frame, delivery })
}

/// Withdraws an order that still waits.
pub async fn cancel(State(app): State<AppState>, acts: Acts, Path(id): Path<String>, form: Form) -> Page {
    let frame = &form.frame;
    let session = frame.diner()?;
    let path = format!("/orders/{id}");
    match withdraw(&app, &acts, session, &id).await {
        Ok(()) => Ok(frame.go_saying(&path, "Your order is cancelled. Nothing is charged.")),
        Err(problem) if problem.status() == StatusCode::CONFLICT => {
            Ok(frame.go_saying(&path, "Too late to cancel: this order is not waiting any more."))
        }
        Err(problem) => Err(problem.into()),
    }
}

impl Delivery {
    /// An order as it stands now.
    pub async fn of(app: &AppState, order: OrderRecord, csrf: String) -> Result<Self, StoreError> {
        let before = match order.state {
            OrderState::Queued => {
                let head = app.store.orders_in(OrderState::Queued, 1, TOLD_PLACES).await?.orders;
                head.iter().position(|other| other.id == order.id)
            }
            _ => None,
        };
        Ok(Self { before, kitchen: app.kitchen.status(), csrf, order })
    }

    /// Whether nothing will change any more.
    pub fn is_final(&self) -> bool {
        self.order.state.is_final()
    }

    /// What to say of it aloud, and in the window's title.
    pub fn headline(&self) -> &'static str {
        match (self.order.state, self.kitchen.state) {
            (OrderState::Fulfilled, _) => "Delivered!",
            (OrderState::Rejected, _) => "This order cannot be made",
            (OrderState::Cancelled, _) => "Order cancelled",
            (OrderState::Making, _) => "In the oven",
            (OrderState::Quarantined, _) => "We are looking into it",
            (OrderState::Queued, KitchenState::Closed) => "Your order is safe",
            (OrderState::Queued, _) => "In the queue",
        }
    }

    fn steps(&self) -> [Step; 3] {
        let reached = match self.order.state {
            OrderState::Fulfilled => 3,
            OrderState::Making => 1,
            _ => 0,
        };
        let step = |number: usize, name| {
            let class = match number {
                number if number < reached || (number == 0 && reached == 0) => "done",
                number if number == reached.max(1) => "now",
                _ => "ahead",
            };
            Step { name, class }
        };
        let second = if matches!(self.order.state, OrderState::Queued | OrderState::Quarantined) {
            "Waiting"
        } else {
            "Oven"
        };
        [step(0, "Ordered"), step(1, second), step(2, "Delivered")]
    }

    fn state(&self) -> &'static str {
        self.order.state.as_str()
    }

    fn is_closed(&self) -> bool {
        self.kitchen.state == KitchenState::Closed
    }

    fn may_cancel(&self) -> bool {
        matches!(self.order.state, OrderState::Queued | OrderState::Quarantined)
    }

    fn class(&self) -> &'static str {
        class(self.order.state)
    }

    /// Its place in the queue, as people count.
    fn place(&self) -> Option<String> {
        match self.before? {
            0 => Some("Next in line".to_owned()),
            1 => Some("1 order before yours".to_owned()),
            before => Some(format!("{before} orders before yours")),
        }
    }

    fn wait(&self) -> String {
        let all = self.kitchen.estimated_wait();
        let (Some(before), true) = (self.before, self.kitchen.queue.queued > 0) else { return about(all) };
        // The queue's estimate is for who comes last.
        let reopen = self.kitchen.reopen_in.unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let share = (before as f64 / self.kitchen.queue.queued as f64).min(1.0);
        about(reopen + all.saturating_sub(reopen).mul_f64(share).max(Duration::from_secs(1)))
    }

    fn time(&self) -> String {
        time(&self.order.date)
    }

    fn took(&self) -> Option<String> {
        let took = Duration::try_from(self.order.fulfilled_at?.duration_since(self.order.date)).ok()?;
        Some(match took.as_secs() {
            0 => "under a second".to_owned(),
            1 => "a second".to_owned(),
            seconds @ 2..=90 => format!("{seconds} seconds"),
            _ => about(took),
        })
    }

    fn total(&self) -> Bitcoin {
        total(&self.order)
    }

    fn what(&self) -> String {
        what(&self.order)
    }

    fn picture(&self) -> String {
        art::of_pizza(self.order.jwt.as_deref().unwrap_or_default(), titles(&self.order))
    }

    /// The pizza's three parts.
    fn parts(&self) -> Vec<&str> {
        self.order.jwt.as_deref().map(|jwt| jwt.split('.').collect()).unwrap_or_default()
    }

    fn reason(&self) -> &str {
        self.order.reason.as_deref().unwrap_or("The factory did not say why.")
    }
}

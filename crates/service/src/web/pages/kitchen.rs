//! How the kitchen is, for everybody.

use super::kitchen_history::History;
use crate::{
    api::extract::Query,
    app::{App, AppState},
    fulfilment::{KitchenState, Transition},
    web::{
        Frame, Page,
        show::{about, time},
        sign::Sign,
    },
};
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use jiff::Timestamp;
use resilience::{Event, State as Circuit};
use serde::Deserialize;
use std::time::Duration;

#[derive(Template)]
#[template(path = "pages/kitchen.html")]
struct KitchenPage<'a> {
    frame: &'a Frame,
    now: Now,
    history: History,
}

/// The part that changes by itself.
#[derive(Template)]
#[template(path = "pages/kitchen_part.html")]
struct Now {
    sign: Sign,
    message: &'static str,
    since: Option<Timestamp>,
    queued: u64,
    making: u64,
    oldest: Option<Duration>,
    reopen: Option<Duration>,
    wait: Option<Duration>,
}

/// The sign below the head of every page.
#[derive(Template)]
#[template(path = "pages/sign.html")]
pub struct SignPart {
    sign: Sign,
    /// Wherever else on the page it comes.
    swap: bool,
}

impl SignPart {
    /// The sign now, to come along with something else.
    pub fn beside(app: &App) -> Self {
        Self { sign: Sign::of(app), swap: true }
    }
}

/// What the asker's sign says.
#[derive(Deserialize)]
pub struct Shown {
    state: Option<String>,
}

/// The kitchen now; for htmx, only what changes.
pub async fn show(State(app): State<AppState>, frame: Frame) -> Page {
    let now = Now::at(&app, &frame);
    if frame.wants_part {
        return frame.show(&now);
    }
    let history = History::of(&app).await?;
    frame.show(&KitchenPage { frame: &frame, now, history })
}

/// The sign, if it says something else than the one that is shown.
pub async fn sign(State(app): State<AppState>, Query(shown): Query<Shown>) -> Response {
    let sign = Sign::of(&app);
    if shown.state.as_deref() == Some(sign.state) {
        return StatusCode::NO_CONTENT.into_response();
    }
    Html(SignPart { sign, swap: false }.render().unwrap_or_default()).into_response()
}

/// When the kitchen got to be as it is, if this instance saw it. Probing a closed kitchen does not open it.
pub fn since(now: KitchenState, newest_first: &[Transition]) -> Option<Timestamp> {
    let mut since = None;
    for transition in newest_first {
        let led_to = match transition.event {
            Event::Opened { .. } | Event::HalfOpened { .. } => KitchenState::Closed,
            Event::Degraded { .. } => KitchenState::Degraded,
            Event::Closed { .. } | Event::Recovered { .. } => KitchenState::Open,
            Event::ModeChanged { state: Circuit::Closed, .. } => KitchenState::Open,
            Event::ModeChanged { .. } => KitchenState::Closed,
        };
        if led_to != now {
            break;
        }
        since = Some(transition.at);
    }
    since
}

impl Now {
    fn at(app: &AppState, frame: &Frame) -> Self {
        let kitchen = &frame.kitchen;
        let oldest = kitchen.queue.oldest_queued_at.filter(|_| kitchen.queue.queued > 0);
        let age = |at: Timestamp| Duration::try_from(Timestamp::now().duration_since(at)).ok();
        Self {
            sign: frame.sign(),
            message: kitchen.message(),
            since: since(kitchen.state, &app.kitchen.circuit_history()),
            queued: kitchen.queue.queued,
            making: kitchen.queue.making,
            oldest: oldest.and_then(age),
            reopen: kitchen.reopen_in,
            wait: (kitchen.queue.queued > 0).then(|| kitchen.estimated_wait()),
        }
    }

    fn about(&self, wait: &Duration) -> String {
        about(*wait)
    }

    fn time(&self, at: &Timestamp) -> String {
        time(at)
    }
}

//! An order's life as server-sent events: one for each change, replayable, closed after a final state.

use super::{
    extract::{Caller, Path},
    orders::own_order,
};
use crate::{app::AppState, edge::Problem, fulfilment::Watcher};
use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::OrderId;
use futures::{Stream, stream};
use serde_json::json;
use std::{collections::VecDeque, convert::Infallible, time::Duration};
use store::StatusEvent;
use utoipa::ToSchema;

/// How often to look for what another instance did to the order.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// One event of the stream: an order's state has changed.
#[derive(ToSchema)]
#[schema(as = StatusEvent, example = json!({ "id": "1", "event": "status", "data": "{\"status\":\"fulfilled\",\"at\":\"2025-12-02T10:10:31Z\"}" }))]
#[expect(dead_code, reason = "the stream is text; this is how the document describes it")]
pub struct StatusEvents {
    /// Counts up from 1 for each order; send the last one as `Last-Event-ID` to get only what is new.
    id: String,
    /// Always `status`.
    event: String,
    /// JSON with the order's `status` and the time `at` which it got there.
    data: String,
}

/// Follow one order as server-sent events
///
/// One `status` event for each change; closed after a final state.
#[utoipa::path(
    get, path = "/api/order/{id}/events", tag = "orders", security(("session" = [])),
    params(
        ("id" = i64, Path, description = "The order", example = 12),
        ("Last-Event-ID" = Option<String>, Header, description = "The event that was seen last: only later ones come", example = "1"),
    ),
    responses(
        (status = 200, description = "Its changes so far, and then each as it happens", body = StatusEvents, content_type = "text/event-stream"),
        (status = 404, description = "There is no such order, or it is somebody else's."),
    ),
)]
pub async fn stream(
    State(app): State<AppState>,
    Caller(session): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let order = own_order(&app, &session, &id).await?;
    let last_seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(0);
    let life = Life {
        watcher: app.kitchen.watch(order.id),
        order: order.id,
        next: VecDeque::new(),
        last_seen,
        over: false,
        app,
    };
    Ok(Sse::new(life.events()).keep_alive(KeepAlive::default()))
}

struct Life {
    app: AppState,
    order: OrderId,
    watcher: Watcher,
    next: VecDeque<StatusEvent>,
    last_seen: u32,
    over: bool,
}

impl Life {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, async |mut life| {
            let event = life.next_event().await?;
            life.last_seen = event.number;
            life.over = event.state.is_final();
            let data = json!({ "status": event.state.shown_to_diner(), "at": event.at });
            let sent = Event::default().id(event.number.to_string()).event("status").data(data.to_string());
            Some((Ok(sent), life))
        })
    }

    /// The next change; none after a final state, on shutdown, or when the store is gone (the client reconnects).
    async fn next_event(&mut self) -> Option<StatusEvent> {
        loop {
            if self.over {
                return None;
            }
            if let Some(event) = self.next.pop_front() {
                return Some(event);
            }
            self.next = self.app.store.status_events(self.order, self.last_seen).await.ok()?.into();
            if self.next.is_empty() {
                if self.app.store.order(self.order).await.ok()??.state.is_final() {
                    // Somebody who has seen everything asks again.
                    return None;
                }
                tokio::select! {
                    _ = self.watcher.news_within(LOOK_EVERY) => {}
                    () = self.app.shutdown.cancelled() => return None,
                }
            }
        }
    }
}

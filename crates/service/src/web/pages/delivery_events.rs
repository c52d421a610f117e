//! An order's page, live: its part is sent whenever it would look different.

use super::{delivery::Delivery, kitchen::SignPart};
use crate::{
    api::{extract::Path, orders::own_order},
    app::AppState,
    fulfilment::Watcher,
    web::{Frame, Stop},
};
use askama::Template;
use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::OrderId;
use futures::{Stream, stream};
use std::{convert::Infallible, time::Duration};

/// How often to look for what nobody announces: what other instances do, and the place in the queue.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// An order's changes, as the parts of a page.
pub async fn stream(
    State(app): State<AppState>,
    Path(id): Path<String>,
    frame: Frame,
) -> Result<Response, Stop> {
    let order = own_order(&app, frame.diner()?, &id).await?.id;
    let watcher = app.kitchen.watch(order);
    let live = Live { app, order, csrf: frame.csrf(), watcher, said: String::new(), end: End::No };
    Ok(Sse::new(live.events()).keep_alive(KeepAlive::default()).into_response())
}

struct Live {
    app: AppState,
    order: OrderId,
    csrf: String,
    watcher: Watcher,
    /// What was sent last.
    said: String,
    end: End,
}

#[derive(PartialEq)]
enum End {
    No,
    /// Nothing will change any more; the browser is not told yet.
    Near,
    Told,
}

impl Live {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, async |mut live| Some((Ok(live.next_event().await?), live)))
    }

    /// The next part that looks different; then a word that there will be no more, so that nobody reconnects.
    async fn next_event(&mut self) -> Option<Event> {
        loop {
            match self.end {
                End::Told => return None,
                End::Near => {
                    self.end = End::Told;
                    return Some(Event::default().event("end").data("final"));
                }
                End::No => {}
            }
            let order = self.app.store.order(self.order).await.ok()??;
            let delivery = Delivery::of(&self.app, order, self.csrf.clone()).await.ok()?;
            let part = delivery.render().ok()? + &SignPart::beside(&self.app).render().ok()?;
            if delivery.is_final() {
                self.end = End::Near;
            }
            if part != self.said {
                self.said.clone_from(&part);
                return Some(Event::default().event("order").data(part));
            }
            if self.end == End::No {
                tokio::select! {
                    _ = self.watcher.news_within(LOOK_EVERY) => {}
                    () = self.app.shutdown.cancelled() => return None,
                }
            }
        }
    }
}

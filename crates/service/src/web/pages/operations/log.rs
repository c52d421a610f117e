//! The live log of this instance: the latest events, as far back as memory goes.

use super::admin;
use crate::{
    api::extract::Query,
    web::{Frame, Page},
};
use askama::Template;
use jiff::Timestamp;
use serde::Deserialize;
use telemetry::recent::{self, RecentEvent, Wanted};
use tracing::Level;

/// Events on a page.
const SHOWN: usize = 100;
/// What is shown of the fields of one event, in bytes.
const MOST_FIELDS: usize = 600;
/// The longest id that anybody looks for.
const MOST_ID: usize = 64;
const LEVELS: [(&str, &str, Option<Level>); 4] = [
    ("", "everything", None),
    ("info", "info and worse", Some(Level::INFO)),
    ("warn", "warnings and errors", Some(Level::WARN)),
    ("error", "errors", Some(Level::ERROR)),
];
const KINDS: [&str; 7] = ["http", "order", "factory", "alert", "db", "audit", "unhandled"];

/// What is looked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    level: String,
    #[serde(rename = "type")]
    kind: String,
    order: String,
    request: String,
}

#[derive(Template)]
#[template(path = "pages/operations/log.html")]
struct LogPage<'a> {
    frame: &'a Frame,
    filter: Filter,
    log: Log,
}

/// The part that changes by itself.
#[derive(Template)]
#[template(path = "pages/operations/log_part.html")]
struct Log {
    events: Vec<Line>,
    is_kept: bool,
}

struct Line {
    at: Timestamp,
    class: &'static str,
    fields: String,
    event: RecentEvent,
}

/// The log; for htmx, only what changes.
pub async fn show(frame: Frame, Query(filter): Query<Filter>) -> Page {
    admin(&frame)?;
    let events = recent::latest(&filter.wanted(), SHOWN, is_our_own_polling);
    let log = Log { events: events.into_iter().map(Line::from).collect(), is_kept: recent::is_kept() };
    if frame.wants_part { frame.show(&log) } else { frame.show(&LogPage { frame: &frame, filter, log }) }
}

/// Pages that look at the service all the time would drown what they look at.
fn is_our_own_polling(event: &RecentEvent) -> bool {
    let of = |route: &str| event.fields.contains(route);
    event.kind == "http"
        && event.level == Level::INFO
        && event.fields.contains("method=GET")
        && (of("route=/operations") || of("route=/kitchen"))
}

impl Filter {
    fn wanted(&self) -> Wanted {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|id| (1..=MOST_ID).contains(&id.len()));
        let level = LEVELS.iter().find(|(word, ..)| *word == self.level).and_then(|(.., level)| *level);
        Wanted { level, kind: given(&self.kind), order: given(&self.order), request: given(&self.request) }
    }
}

impl From<RecentEvent> for Line {
    fn from(event: RecentEvent) -> Self {
        let class = match event.level {
            Level::ERROR => "busy",
            Level::WARN => "waiting",
            _ => "",
        };
        let end = event.fields.floor_char_boundary(MOST_FIELDS);
        let cut = if end < event.fields.len() { "…" } else { "" };
        let fields = format!("{}{cut}", &event.fields[..end]);
        Self { at: Timestamp::try_from(event.at).unwrap_or_default(), class, fields, event }
    }
}

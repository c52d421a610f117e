//! The latest events, kept in memory for whoever looks at the live log: bounded in number and in bytes.
//!
//! Events hold no secrets: what others sent is redacted before an event is made of it.

use std::{
    collections::VecDeque,
    fmt::{self, Write},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

/// Events that are kept.
const MOST_EVENTS: usize = 2_000;
/// What they may take together, in bytes.
const MOST_BYTES: usize = 4 << 20;
/// What is kept of the fields of one event, in bytes.
const MOST_OF_ONE: usize = 8 << 10;

static RECENT: Ring = Ring(Mutex::new(Kept { events: VecDeque::new(), bytes: 0 }));
static IS_KEPT: AtomicBool = AtomicBool::new(false);

/// Something that was said.
#[derive(Clone, Debug)]
pub struct RecentEvent {
    /// When.
    pub at: SystemTime,
    /// How bad it is.
    pub level: Level,
    /// Its `type`: `http`, `db`, `factory`, `order`, `alert`, …
    pub kind: String,
    /// Where it comes from.
    pub component: String,
    /// What it says.
    pub message: String,
    /// All other fields: `name=value name=value`.
    pub fields: String,
    /// The request in whose course it was said.
    pub request: Option<String>,
    /// The order that it is about.
    pub order: Option<String>,
}

/// What somebody looks for. What is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// This level or a worse one.
    pub level: Option<Level>,
    /// This `type`.
    pub kind: Option<String>,
    /// About this order.
    pub order: Option<String>,
    /// In the course of this request.
    pub request: Option<String>,
}

/// The latest events that are wanted, the newest first. `but` leaves more of them out.
pub fn latest(wanted: &Wanted, most: usize, but: impl Fn(&RecentEvent) -> bool) -> Vec<RecentEvent> {
    RECENT.latest(wanted, most, but)
}

/// Whether events are kept at all: not in a program that never called [`crate::start`].
pub fn is_kept() -> bool {
    IS_KEPT.load(Ordering::Relaxed)
}

/// Keeps every event.
pub(crate) fn layer<S>() -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    IS_KEPT.store(true, Ordering::Relaxed);
    Keep(&RECENT)
}

struct Keep<'a>(&'a Ring);

/// The request that a span is about.
struct RequestOf(String);

impl<S> Layer<S> for Keep<'static>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let (Some(request), Some(span)) = (fields.request, context.span(id)) {
            span.extensions_mut().insert(RequestOf(request));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let spans = || context.event_scope(event).into_iter().flatten();
        let of_span = || spans().find_map(|span| span.extensions().get::<RequestOf>().map(|of| of.0.clone()));
        self.0.add(RecentEvent {
            at: SystemTime::now(),
            level: *event.metadata().level(),
            request: fields.request.or_else(of_span),
            kind: fields.kind,
            component: fields.component,
            message: fields.message,
            order: fields.order,
            fields: fields.others,
        });
    }
}

struct Ring(Mutex<Kept>);

struct Kept {
    events: VecDeque<RecentEvent>,
    bytes: usize,
}

impl Ring {
    fn add(&self, event: RecentEvent) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += event.bytes();
        kept.events.push_back(event);
        while kept.events.len() > MOST_EVENTS || kept.bytes > MOST_BYTES {
            let Some(oldest) = kept.events.pop_front() else { break };
            kept.bytes -= oldest.bytes();
        }
    }

    fn latest(&self, wanted: &Wanted, most: usize, but: impl Fn(&RecentEvent) -> bool) -> Vec<RecentEvent> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let events = kept.events.iter().rev().filter(|event| wanted.is(event) && !but(event));
        events.take(most).cloned().collect()
    }
}

impl RecentEvent {
    fn bytes(&self) -> usize {
        let texts = [&self.kind, &self.component, &self.message, &self.fields];
        let ids = [&self.request, &self.order].into_iter().flatten();
        size_of::<Self>() + texts.into_iter().chain(ids).map(String::len).sum::<usize>()
    }
}

impl Wanted {
    fn is(&self, event: &RecentEvent) -> bool {
        // A worse level is a lesser one.
        self.level.is_none_or(|level| event.level <= level)
            && self.kind.as_ref().is_none_or(|kind| event.kind == *kind)
            && (self.order.is_none() || self.order == event.order)
            && (self.request.is_none() || self.request == event.request)
    }
}

/// An event's fields, sorted out.
#[derive(Default)]
struct Fields {
    kind: String,
    component: String,
    message: String,
    request: Option<String>,
    order: Option<String>,
    others: String,
}

impl Fields {
    fn add(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let own = |value: fmt::Arguments<'_>| {
            let mut text = String::new();
            // It always fits into what it has room for.
            let _ = Cut(&mut text).write_fmt(value);
            text
        };
        match field.name() {
            "type" => self.kind = own(value),
            "component" => self.component = own(value),
            "message" => self.message = own(value),
            "request_id" => self.request = Some(own(value)),
            "order_id" | "order" => self.order = Some(own(value)),
            name => {
                let space = if self.others.is_empty() { "" } else { " " };
                let _ = Cut(&mut self.others).write_fmt(format_args!("{space}{name}={value}"));
            }
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format_args!("{value:?}"));
    }

    /// Nobody reads more of a duration.
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, format_args!("{value:.2}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, format_args!("{value}"));
    }
}

/// Writes until there is enough.
struct Cut<'a>(&'a mut String);

impl Write for Cut<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MOST_OF_ONE.saturating_sub(self.0.len());
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt;

    fn ring() -> &'static Ring {
        Box::leak(Box::new(Ring(Mutex::new(Kept { events: VecDeque::new(), bytes: 0 }))))
    }

    fn listen(ring: &'static Ring, say: impl FnOnce()) {
        tracing::subscriber::with_default(tracing_subscriber::registry().with(Keep(ring)), say);
    }

    fn messages(ring: &Ring, wanted: &Wanted) -> Vec<String> {
        ring.latest(wanted, 10, |_| false).into_iter().map(|event| event.message).collect()
    }

    #[test]
    fn the_newest_comes_first_and_can_be_looked_for() {
        let ring = ring();
        listen(ring, || {
            tracing::info!("type" = "order", order_id = 12, "placed");
            let span = tracing::info_span!("request", request_id = %"ab12");
            span.in_scope(|| tracing::error!("type" = "factory", order_id = 12, status = 500, "no pizza"));
            tracing::warn!("type" = "http", request_id = %"ab12", "answered");
        });
        let of = |wanted| messages(ring, &wanted);
        assert_eq!(of(Wanted::default()), ["answered", "no pizza", "placed"]);
        assert_eq!(of(Wanted { level: Some(Level::WARN), ..Wanted::default() }), ["answered", "no pizza"]);
        assert_eq!(of(Wanted { kind: Some("order".into()), ..Wanted::default() }), ["placed"]);
        assert_eq!(of(Wanted { order: Some("12".into()), ..Wanted::default() }), ["no pizza", "placed"]);
        assert_eq!(
            of(Wanted { request: Some("ab12".into()), ..Wanted::default() }),
            ["answered", "no pizza"]
        );
        let fields = ring.latest(&Wanted::default(), 2, |_| false).pop().unwrap().fields;
        assert_eq!(fields, "status=500");
        assert!(ring.latest(&Wanted::default(), 10, |event| event.kind == "http").len() == 2);
    }

    #[test]
    fn neither_many_events_nor_large_ones_fill_the_memory() {
        let ring = ring();
        let kept = || ring.0.lock().unwrap();
        listen(ring, || (0..3 * MOST_EVENTS).for_each(|number| tracing::info!("event {number}")));
        assert_eq!(kept().events.len(), MOST_EVENTS);
        assert_eq!(kept().events[0].message, format!("event {}", 2 * MOST_EVENTS));
        let large = "名".repeat(MOST_OF_ONE);
        listen(ring, || (0..MOST_EVENTS).for_each(|_| tracing::info!(large, other = large, "{large}")));
        let sum: usize = kept().events.iter().map(RecentEvent::bytes).sum();
        assert!(kept().bytes == sum && sum <= MOST_BYTES && sum > MOST_BYTES / 2, "{sum}");
        assert!(kept().events.iter().all(|event| event.fields.len() <= MOST_OF_ONE));
    }
}

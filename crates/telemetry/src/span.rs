//! Spans: one for each request, one for each call to the factory. They cost next to nothing while nobody collects
//! them: then a span is no more than its ids, which the log shows.

use crate::{TraceContext, otlp};
use opentelemetry::{
    Context, ContextGuard, KeyValue,
    context::FutureExt,
    trace::{
        Link, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId,
        TraceState,
    },
};

/// Something that takes a while, as a part of a trace.
pub struct Span {
    context: TraceContext,
    /// What the collector gets, if there is one.
    live: Option<Context>,
}

impl Span {
    /// A request that is answered here: part of its caller's trace if the caller said so, a new trace otherwise.
    pub fn server(method: &'static str, parent: Option<TraceContext>) -> Self {
        let Some(tracer) = otlp::tracer() else {
            return Self {
                context: parent.map_or_else(TraceContext::fresh, TraceContext::within),
                live: None,
            };
        };
        let parent = parent.map_or_else(Context::new, remote);
        let builder = SpanBuilder::from_name(method).with_kind(SpanKind::Server);
        Self::live(builder.start_with_context(tracer, &parent), &parent)
    }

    /// A call that is made for what began at `cause`: `now`, in its trace, or later, in a trace of its own that is
    /// linked to it. None while nobody collects spans.
    pub fn client(name: &'static str, cause: Option<TraceContext>, now: bool) -> Option<Self> {
        let tracer = otlp::tracer()?;
        let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Client);
        let (builder, parent) = match cause {
            Some(cause) if now => (builder, remote(cause)),
            Some(cause) => (builder.with_links(vec![Link::with_context(theirs(cause))]), Context::new()),
            None => (builder, Context::new()),
        };
        Some(Self::live(builder.start_with_context(tracer, &parent), &parent))
    }

    fn live(span: opentelemetry_sdk::trace::Span, parent: &Context) -> Self {
        let live = parent.with_span(span);
        let span = live.span();
        let ids = span.span_context();
        let mut context = TraceContext {
            trace: u128::from_be_bytes(ids.trace_id().to_bytes()),
            span: u64::from_be_bytes(ids.span_id().to_bytes()),
            sampled: ids.is_sampled(),
        };
        if !ids.is_valid() {
            // The collector was given up: what it is not told still has a name in the log.
            context = TraceContext::fresh();
        }
        Self { context, live: Some(live) }
    }

    /// Where in which trace this is.
    pub fn context(&self) -> TraceContext {
        self.context
    }

    /// Whether somebody will see what is said about this span.
    pub fn is_recording(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.span().is_recording())
    }

    /// Says something about it.
    pub fn set(&self, name: &'static str, value: impl Into<opentelemetry::Value>) {
        if let Some(live) = &self.live {
            live.span().set_attribute(KeyValue::new(name, value));
        }
    }

    /// Ends it under this name; with an error, if it has one.
    pub fn end(&self, name: Option<String>, error: Option<String>) {
        let Some(live) = &self.live else { return };
        let span = live.span();
        if let Some(name) = name {
            span.update_name(name);
        }
        if let Some(error) = error {
            span.set_attribute(KeyValue::new("error.type", error));
            span.set_status(Status::error(""));
        }
        span.end();
    }

    /// Makes what is logged until the guard is dropped a part of this span, where logs are collected.
    pub fn enter(&self) -> Option<ContextGuard> {
        self.live.clone().map(Context::attach)
    }

    /// Makes what the future logs a part of this span, where logs are collected.
    pub async fn around<F: Future>(&self, future: F) -> F::Output {
        match &self.live {
            None => future.await,
            Some(live) => future.with_context(live.clone()).await,
        }
    }
}

fn remote(context: TraceContext) -> Context {
    Context::new().with_remote_span_context(theirs(context))
}

fn theirs(context: TraceContext) -> SpanContext {
    let flags = if context.sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    SpanContext::new(TraceId::from(context.trace), SpanId::from(context.span), flags, true, TraceState::NONE)
}

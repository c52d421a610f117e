//! How much is sent: all that went wrong, and of what went well as much as can be without a request paying for it. A
//! busy service makes more lines and spans in a second than anybody reads, and every one costs as much as a small
//! request.

use opentelemetry::{
    Context, KeyValue,
    trace::{Link, SpanKind, TraceContextExt, TraceId, TraceState},
};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{Layer, layer};

/// Traces that begin in a second, at most.
const TRACES: u32 = 100;
/// Events below a warning in a second, at most; the log on standard output has all of them.
const EVENTS: u32 = 500;

/// So many in a second.
#[derive(Debug)]
struct Budget {
    begun: Instant,
    a_second: u32,
    /// The second, and what was spent in it.
    spent: AtomicU64,
}

impl Budget {
    fn of(a_second: u32) -> Self {
        Self { begun: Instant::now(), a_second, spent: AtomicU64::new(0) }
    }

    fn take(&self) -> bool {
        self.take_at(self.begun.elapsed().as_secs())
    }

    fn take_at(&self, second: u64) -> bool {
        let second = second << 32;
        let spend = |spent: u64| match spent & !u64::from(u32::MAX) {
            this if this == second && spent - second >= u64::from(self.a_second) => None,
            this if this == second => Some(spent + 1),
            _ => Some(second + 1),
        };
        self.spent.try_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
    }
}

/// A layer that hears what this program itself says, and not too much of it.
///
/// Whatever has no `component` was said by a library: its words would be about our sending its words.
pub(crate) struct Paced<L> {
    layer: L,
    budget: Budget,
}

impl<L> Paced<L> {
    pub(super) fn new(layer: L) -> Self {
        Self { layer, budget: Budget::of(EVENTS) }
    }
}

impl<S: Subscriber, L: Layer<S>> Layer<S> for Paced<L> {
    fn on_event(&self, event: &Event<'_>, context: layer::Context<'_, S>) {
        let metadata = event.metadata();
        let ours = metadata.fields().field("component").is_some();
        if ours && (*metadata.level() <= Level::WARN || self.budget.take()) {
            self.layer.on_event(event, context);
        }
    }
}

/// Takes traces as they come, so many in a second; and what belongs to a trace that was taken.
#[derive(Clone, Debug)]
pub(super) struct Sampler {
    budget: Arc<Budget>,
}

impl Default for Sampler {
    fn default() -> Self {
        Self { budget: Arc::new(Budget::of(TRACES)) }
    }
}

impl ShouldSample for Sampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        _: TraceId,
        _: &str,
        kind: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let parent = parent.filter(|parent| parent.has_active_span()).map(|parent| parent.span());
        let parent = parent.as_ref().map(|span| span.span_context()).filter(|context| context.is_valid());
        // Everybody may say that their request is part of a trace; so a request always counts.
        let take = match parent {
            Some(parent) if *kind != SpanKind::Server => parent.is_sampled(),
            Some(parent) if !parent.is_sampled() => false,
            _ => self.budget.take(),
        };
        SamplingResult {
            decision: if take { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop },
            attributes: Vec::new(),
            trace_state: parent.map_or(TraceState::NONE, |parent| parent.trace_state().clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_and_there_is_a_new_one_each_second() {
        let budget = Budget::of(2);
        let taken = [0, 0, 0, 0, 1, 1, 1, 9].map(|second| budget.take_at(second));
        assert_eq!(taken, [true, true, false, false, true, true, false, true]);
    }
}

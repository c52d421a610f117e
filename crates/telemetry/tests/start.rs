//! Starting, which a process does once: so this is one test.

#![allow(clippy::unwrap_used)]

use telemetry::{LogFormat, Options, Span, StartError, TraceContext, start};
use tracing::level_filters::LevelFilter;

#[test]
fn what_nobody_hears_is_switched_off_where_it_is_said() {
    let options =
        Options { format: LogFormat::Json, filter: "info", service: "test", version: "0", instance: "one" };
    let guard = start(options).unwrap();
    // The cheapest line is one whose level is known to be off before its fields are looked at.
    assert_eq!(LevelFilter::current(), LevelFilter::INFO);
    assert!(!tracing::enabled!(tracing::Level::DEBUG));

    assert!(matches!(start(options), Err(StartError::Twice)));
    let error = start(Options { filter: "loud,,=", ..options }).err().unwrap().to_string();
    assert!(error.contains("loud"), "{error}");

    // Without a collector a request has a place in a trace all the same, and a call to the factory has no span.
    let caller = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
    let span = Span::server("GET", Some(caller));
    assert_eq!(span.context().trace_id().to_string(), caller.trace_id().to_string());
    assert!(!span.is_recording() && span.enter().is_none());
    assert!(Span::client("POST", Some(span.context()), true).is_none());
    drop(guard);
}

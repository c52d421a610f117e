//! What is noted of a request while it is answered, for the line that the log has about it.

use crate::config::LogBodies;
use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, header},
};
use domain::UserId;
use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
};
use telemetry::{TraceContext, redact};

/// An answer that is larger, in bytes, is not held back to be logged.
const LARGEST: u64 = 32 * 1024;

/// The name of one request: in its answer, and in every log line about it. It is the id of the request's span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(TraceContext);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.span_id().fmt(f)
    }
}

/// A request and its answer: every request has one, in its extensions.
#[derive(Clone, Debug)]
pub struct Exchange(Arc<Noted>);

#[derive(Debug)]
struct Noted {
    trace: TraceContext,
    bodies: LogBodies,
    has_authorization: bool,
    /// 0 is nobody.
    user: AtomicI64,
    request: OnceLock<Bytes>,
}

impl Exchange {
    /// Begins here in the trace.
    pub(super) fn new(trace: TraceContext, bodies: LogBodies, headers: &HeaderMap) -> Self {
        Self(Arc::new(Noted {
            trace,
            bodies,
            has_authorization: headers.contains_key(header::AUTHORIZATION),
            user: AtomicI64::new(0),
            request: OnceLock::new(),
        }))
    }

    /// The request's name.
    pub fn id(&self) -> RequestId {
        RequestId(self.0.trace)
    }

    /// Where in which trace it is answered.
    pub fn trace(&self) -> TraceContext {
        self.0.trace
    }

    /// Notes who asks.
    pub fn is_of(&self, user: UserId) {
        self.0.user.store(user.0, Ordering::Relaxed);
    }

    /// Notes what was sent. It is shared, not copied, and read only if it is logged.
    pub fn sent(&self, body: &Bytes) {
        if self.0.bodies != LogBodies::None {
            let _ = self.0.request.set(body.clone());
        }
    }

    /// Who asked, if we know.
    pub(super) fn user(&self) -> Option<i64> {
        Some(self.0.user.load(Ordering::Relaxed)).filter(|user| *user != 0)
    }

    pub(super) fn has_authorization(&self) -> bool {
        self.0.has_authorization
    }

    /// Whether bodies are logged when the answer has this status.
    pub(super) fn shows(&self, status: u16) -> bool {
        match self.0.bodies {
            LogBodies::None => false,
            LogBodies::Errors => status >= 400,
            LogBodies::All => true,
        }
    }

    /// What was sent, as it may be shown. There is none if nobody read it: who may not order is not listened to.
    pub(super) fn request_body(&self) -> Option<String> {
        self.0.request.get().map(|body| redact::body(body, &[]))
    }
}

/// The answer's body as it may be shown, and the answer's body as it goes out. One that comes bit by bit, or is too
/// large, is not held back.
pub(super) async fn look_into(body: Body) -> (Option<String>, Body) {
    match body.size_hint().exact() {
        Some(0) => (None, body),
        Some(size) if size <= LARGEST => {
            // A body of a known size is all there.
            let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
            (Some(redact::body(&bytes, &[])), Body::from(bytes))
        }
        Some(size) => (Some(format!("[{size} bytes]")), body),
        None => (Some("[a stream]".to_owned()), body),
    }
}

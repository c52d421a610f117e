//! What the program says about itself: log lines, metrics and traces, with their names in one place; on standard
//! output, at `/metrics`, and by OTLP to a collector if the standard `OTEL_*` variables name one.
//!
//! Secrets rarely get here: they live in types that cannot be printed, and a pizza is named in a log
//! by its [`fingerprint`] only. What others sent and answered is shown as [`redact`] leaves it.

mod json_line;
mod lines;
mod logs;
mod metrics;
mod otlp;
pub mod recent;
pub mod redact;
mod span;
mod start;
mod trace_context;

pub use logs::{LogFormat, LogFormatError};
pub use metrics::{Metrics, MetricsError, MetricsOptions};
pub use otlp::OtlpError;
pub use span::Span;
pub use start::{Guard, Options, StartError, start};
pub use trace_context::TraceContext;

use std::sync::OnceLock;
use uuid::Uuid;

/// What the service is called in everything that it tells: the resource's `service.name`.
pub const SERVICE_NAME: &str = "jwt-pizza-service";

/// The name of this process among its like, made up when it is first asked for.
pub fn instance_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| Uuid::new_v4().to_string())
}

/// A pizza's name in logs: the first 8 characters of its signature, enough to find it, too few to use it.
pub fn fingerprint(jwt: &str) -> &str {
    let signature = jwt.rsplit('.').next().unwrap_or_default();
    signature.get(..8).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn a_fingerprint_is_the_start_of_the_signature_and_never_more() {
        assert_eq!(fingerprint("header.payload.signature-bytes"), "signatur");
        assert_eq!(fingerprint("short"), "");
        assert_eq!(fingerprint(""), "");
    }
}

//! Every parser of bytes from outside, each with what must hold whatever the bytes are: a target is a function that
//! panics if it does not hold. `scripts/fuzz` runs them under libFuzzer (`fuzz/`); the test of this crate runs the same
//! functions over the committed corpus and mutations of it, on any toolchain.
//!
//! **To add a target**: a function here, its line in [`TARGETS`], a file `fuzz/fuzz_targets/NAME.rs` like the others, a
//! `[[bin]]` in `fuzz/Cargo.toml`, and a few seeds in `fuzz/corpus/NAME`. A test holds these together.

mod factory;
mod headers;
mod pages;
mod requests;
mod texts;
mod tokens;

pub use factory::{factory_answer, jwks, pizza, report_link, retry_after};
pub use headers::{cookies, forwarded_for, idempotency_key, prefer, traceparent};
pub use pages::{form, next, sealed};
pub use requests::{order_json, query, redaction};
pub use texts::{config, scenario};
pub use tokens::session_token;

/// What a target is called, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("config", config),
    ("cookies", cookies),
    ("factory_answer", factory_answer),
    ("form", form),
    ("forwarded_for", forwarded_for),
    ("idempotency_key", idempotency_key),
    ("jwks", jwks),
    ("next", next),
    ("order_json", order_json),
    ("pizza", pizza),
    ("prefer", prefer),
    ("query", query),
    ("redaction", redaction),
    ("report_link", report_link),
    ("retry_after", retry_after),
    ("scenario", scenario),
    ("sealed", sealed),
    ("session_token", session_token),
    ("traceparent", traceparent),
];

/// As text, if it is any: most of what is read here is text by the time it is read.
fn text(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok()
}

/// Headers with these values of one name, a line each; those that no header can have are left out.
fn header_lines(name: &'static str, bytes: &[u8]) -> http::HeaderMap {
    let values =
        bytes.split(|byte| *byte == b'\n').filter_map(|line| http::HeaderValue::from_bytes(line).ok());
    values.map(|value| (http::HeaderName::from_static(name), value)).collect()
}

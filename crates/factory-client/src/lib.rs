//! The one place that knows the factory's URLs.
//!
//! [`FactoryClient::send`] makes one attempt and says which of the outcomes that matter it had;
//! [`FactoryClient::verify`] decides whether what came back is a pizza. Nothing here retries,
//! counts or waits: that is the caller's business.

mod body;
mod client;
mod config;
mod examination;
mod factory;
mod keys;
mod known_keys;
mod redact;
mod report;
mod retry_after;
mod sent;
mod vendor;
mod verify;

pub use client::FactoryClient;
pub use config::{ConfigError, FactoryConfig};
pub use examination::Shown;
pub use factory::Factory;
pub use known_keys::KnownKeys;
pub use report::ReportLinkError;
pub use retry_after::retry_after;
pub use sent::{Failure, FailureKind, Sent};
pub use vendor::VendorError;
pub use verify::{BadPizza, Pizza, VerifyError};

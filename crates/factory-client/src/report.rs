use factory_api::ReportLink;
use secrecy::ExposeSecret;

use crate::body::read_bounded;
use crate::client::chain;
use crate::{FactoryConfig, redact};

/// Why a report link did not end the chaos.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportLinkError {
    /// The link does not point at the factory, so it was not followed.
    #[error("the report link does not belong to the factory")]
    ForeignOrigin,
    /// The factory answered, and the chaos goes on.
    #[error("the factory refused with {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The factory's words, at most 1 KiB, redacted.
        message: String,
    },
    /// There was no answer; whether the chaos ended is not known.
    #[error("the factory did not answer: {0}")]
    Unreachable(String),
}

/// Gets the link, without our key: the link is its own permission.
pub(crate) async fn follow(
    http: &reqwest::Client,
    config: &FactoryConfig,
    link: &ReportLink,
) -> Result<String, ReportLinkError> {
    let url = link.expose();
    if url.origin() != config.base_url.origin() {
        return Err(ReportLinkError::ForeignOrigin);
    }
    let key = config.api_key.expose_secret();
    let unreachable = |error| ReportLinkError::Unreachable(redact::message(&chain(error), key));
    let response = http.get(url.clone()).send().await.map_err(unreachable)?;
    let status = response.status();
    let body = read_bounded(response, config.max_response_bytes).await.map_err(unreachable)?;
    let message = redact::words(&body.bytes, key);
    if status.is_success() {
        Ok(message)
    } else {
        Err(ReportLinkError::Refused { status: status.as_u16(), message })
    }
}

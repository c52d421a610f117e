//! The vendor's own side of the factory: how it stands, and the chaos it asks for.

use factory_api::{ChaosKind, ChaosRequest, Vendor};
use reqwest::RequestBuilder;
use secrecy::ExposeSecret;

use crate::body::{Body, read_bounded};
use crate::client::{chain, under};
use crate::{FactoryClient, redact};

/// Why the factory did not do what its vendor asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VendorError {
    /// It answered, and refused.
    #[error("the factory refused with {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The factory's words, at most 1 KiB, redacted.
        message: String,
    },
    /// There was no answer that could be read.
    #[error("the factory did not answer: {0}")]
    Unreachable(String),
}

impl FactoryClient {
    /// How the vendor stands at the factory, with its chaos.
    pub async fn vendor(&self) -> Result<Vendor, VendorError> {
        let url = under(&self.shared.config.base_url, "api/vendor");
        let answer = self.ask(self.shared.http.get(url)).await?;
        // An answer that was cut off does not parse either.
        serde_json::from_slice(&answer.bytes)
            .map_err(|_| VendorError::Unreachable("the answer is not a vendor".to_owned()))
    }

    /// Asks the factory to misbehave for this vendor; [`ChaosKind::None`] ends what there is.
    pub async fn set_chaos(&self, kind: ChaosKind, window: &ChaosRequest) -> Result<(), VendorError> {
        let url = under(&self.shared.config.base_url, &format!("api/vendor/chaos/{kind}"));
        self.ask(self.shared.http.put(url).json(window)).await.map(drop)
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Body, VendorError> {
        let config = &self.shared.config;
        let key = config.api_key.expose_secret();
        let unreachable = |error| VendorError::Unreachable(redact::message(&chain(error), key));
        let request = request.header(http::header::AUTHORIZATION, self.shared.authorization.clone());
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let answer = read_bounded(response, config.max_response_bytes).await.map_err(unreachable)?;
        if status.is_success() {
            return Ok(answer);
        }
        Err(VendorError::Refused { status: status.as_u16(), message: redact::words(&answer.bytes, key) })
    }
}

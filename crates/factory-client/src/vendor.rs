//! The vendor's own side of the factory: how it stands, and the chaos it asks for.

use factory_api::{ChaosKind, ChaosRequest, ErrorBody, Vendor};
use reqwest::{RequestBuilder, Response};

use crate::FactoryClient;
use crate::client::{chain, under};

/// Why the factory did not do what its vendor asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VendorError {
    /// It answered, and refused.
    #[error("the factory refused with {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The factory's words.
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
        let response = self.ask(self.shared.http.get(url)).await?;
        response.json().await.map_err(|error| VendorError::Unreachable(chain(error)))
    }

    /// Asks the factory to misbehave for this vendor; [`ChaosKind::None`] ends what there is.
    pub async fn set_chaos(&self, kind: ChaosKind, window: &ChaosRequest) -> Result<(), VendorError> {
        let url = under(&self.shared.config.base_url, &format!("api/vendor/chaos/{kind}"));
        self.ask(self.shared.http.put(url).json(window)).await.map(drop)
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Response, VendorError> {
        let request = request.header(http::header::AUTHORIZATION, self.shared.authorization.clone());
        let response = request.send().await.map_err(|error| VendorError::Unreachable(chain(error)))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.json::<ErrorBody>().await.ok();
        let message = body.map_or_else(|| "no reason given".to_owned(), |body| body.message);
        Err(VendorError::Refused { status: status.as_u16(), message })
    }
}

//! What can be known about a factory without ordering anything: for whoever sets a service up.

use factory_api::Jwks;
use http::header;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

use crate::body::read_bounded;
use crate::client::{chain, under};
use crate::{FactoryClient, VendorError};

/// What the factory shows to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// How many public keys it signs pizzas with.
    pub keys: usize,
    /// How far its clock is ahead of ours, to a second or so; `None` if it does not tell the time.
    pub clock_ahead: Option<SignedDuration>,
}

impl FactoryClient {
    /// Asks the factory for its public keys, and reads its clock off the answer.
    pub async fn examine(&self) -> Result<Shown, VendorError> {
        let unreachable = |error| VendorError::Unreachable(chain(error));
        let config = &self.shared.config;
        let url = under(&config.base_url, ".well-known/jwks.json");
        let response = self.shared.http.get(url).send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        let date = response.headers().get(header::DATE).and_then(|date| date.to_str().ok());
        let clock = date.and_then(|date| rfc2822::parse(date).ok()).map(|date| date.timestamp());
        let clock_ahead = clock.map(|clock| clock.duration_since(Timestamp::now()));
        let body = read_bounded(response, config.max_response_bytes).await.map_err(unreachable)?;
        match serde_json::from_slice::<Jwks>(&body.bytes) {
            Ok(jwks) if status == 200 => Ok(Shown { keys: jwks.keys.len(), clock_ahead }),
            _ => Err(VendorError::Refused { status, message: "no JSON Web Key Set at that URL".to_owned() }),
        }
    }
}

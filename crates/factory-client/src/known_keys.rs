use std::time::Duration;

use url::Url;

use crate::keys::KeyRing;
use crate::verify::{Pizza, VerifyError, verify};

/// A factory's keys as a document, to verify its pizzas without it.
pub struct KnownKeys(KeyRing);

impl KnownKeys {
    /// Reads a JSON Web Key Set (RFC 7517). Keys that can sign no pizza are left out.
    ///
    /// # Errors
    /// When it is none; the text says so.
    pub fn read(document: &[u8]) -> Result<Self, String> {
        let nowhere = Url::parse("http://127.0.0.1:0/").map_err(|error| error.to_string())?;
        KeyRing::new(reqwest::Client::new(), nowhere, Duration::MAX, 0).holding(document).map(Self)
    }

    /// As [`crate::FactoryClient::verify`]; a key that is not among these is unknown for good.
    ///
    /// # Errors
    /// When it is not this order's pizza.
    pub async fn verify(
        &self,
        jwt: &str,
        vendor_id: Option<&str>,
        order_id: i64,
    ) -> Result<Pizza, VerifyError> {
        verify(&self.0, jwt, vendor_id, order_id).await
    }
}

//! Chaos at the factory itself, for us and nobody else: as its vendor we may ask for it.

use super::Kitchen;
use factory_api::{ChaosKind, ChaosRequest, VendorChaos};
use factory_client::VendorError;
use std::time::Duration;

/// A person waits for the answer.
const PATIENCE: Duration = Duration::from_secs(3);

impl Kitchen {
    /// What the factory does to us on request, now or soon.
    pub async fn factory_chaos(&self) -> Result<Option<VendorChaos>, VendorError> {
        Ok(in_time(self.factory.vendor()).await?.chaos)
    }

    /// Asks the factory to misbehave for us for so long; [`ChaosKind::None`] ends it.
    pub async fn set_factory_chaos(&self, kind: ChaosKind, length: Duration) -> Result<(), VendorError> {
        let window = match kind {
            ChaosKind::None => ChaosRequest::default(),
            _ => ChaosRequest { duration_seconds: Some(length.as_secs()), ..ChaosRequest::default() },
        };
        in_time(self.factory.set_chaos(kind, &window)).await
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, VendorError>>) -> Result<T, VendorError> {
    let late = |_| VendorError::Unreachable("it took too long".to_owned());
    tokio::time::timeout(PATIENCE, answer).await.map_err(late)?
}

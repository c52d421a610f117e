//! The factory as its callers see it, so that a simulated one can take its place.

use async_trait::async_trait;
use factory_api::{ChaosKind, ChaosRequest, OrderRequest, ReportLink, Vendor};

use crate::{FactoryClient, Pizza, ReportLinkError, Sent, VendorError, VerifyError};

/// A pizza factory. [`FactoryClient`] is the real one; the promises of its methods are those of every other.
#[async_trait]
pub trait Factory: Send + Sync + 'static {
    /// See [`FactoryClient::host`].
    fn host(&self) -> &str;
    /// See [`FactoryClient::send`].
    async fn send(&self, request: &OrderRequest, idempotency_key: &str, traceparent: Option<&str>) -> Sent;
    /// See [`FactoryClient::verify`].
    async fn verify(&self, jwt: &str, order_id: i64) -> Result<Pizza, VerifyError>;
    /// See [`FactoryClient::follow_report_link`].
    async fn follow_report_link(&self, link: &ReportLink) -> Result<String, ReportLinkError>;
    /// See [`FactoryClient::vendor`].
    async fn vendor(&self) -> Result<Vendor, VendorError>;
    /// See [`FactoryClient::set_chaos`].
    async fn set_chaos(&self, kind: ChaosKind, window: &ChaosRequest) -> Result<(), VendorError>;
}

#[async_trait]
impl Factory for FactoryClient {
    fn host(&self) -> &str {
        self.host()
    }

    async fn send(&self, request: &OrderRequest, idempotency_key: &str, traceparent: Option<&str>) -> Sent {
        self.send(request, idempotency_key, traceparent).await
    }

    async fn verify(&self, jwt: &str, order_id: i64) -> Result<Pizza, VerifyError> {
        self.verify(jwt, order_id).await
    }

    async fn follow_report_link(&self, link: &ReportLink) -> Result<String, ReportLinkError> {
        self.follow_report_link(link).await
    }

    async fn vendor(&self) -> Result<Vendor, VendorError> {
        self.vendor().await
    }

    async fn set_chaos(&self, kind: ChaosKind, window: &ChaosRequest) -> Result<(), VendorError> {
        self.set_chaos(kind, window).await
    }
}

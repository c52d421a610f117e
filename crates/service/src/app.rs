//! What all handlers share.

use crate::web::Seal;
use crate::{
    auth::{LoginGuard, Passwords, Sessions},
    catalogue::Catalogue,
    config::Config,
    fulfilment::Kitchen,
    operations::Operations,
};
use std::sync::Arc;
use store::Store;
use telemetry::Metrics;
use tokio_util::sync::CancellationToken;

/// The service's parts, put together once at start.
pub struct App {
    /// As it was checked at start.
    pub config: Config,
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Who is signed in.
    pub sessions: Sessions,
    /// Password hashing.
    pub passwords: Passwords,
    /// What pages give to browsers and want back unchanged.
    pub seal: Seal,
    /// Failed logins.
    pub login_guard: LoginGuard,
    /// The menu and the stores, kept at hand.
    pub catalogue: Catalogue,
    /// Makes orders into pizzas.
    pub kitchen: Arc<Kitchen>,
    /// Alerts, incidents and notices.
    pub operations: Arc<Operations>,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// Set once the service is shutting down.
    pub shutdown: CancellationToken,
}

/// How handlers get at [`App`].
pub type AppState = Arc<App>;

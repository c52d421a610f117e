//! The pizza factory: turns a vendor's order into a signed pizza, and misbehaves on request.
//!
//! It stands in for the third party of the incident, so its chaos is as real as it can be made:
//! a window of chaos is stored, begins and ends by itself, and `down` closes the listening socket.
//! It keeps its promise all the same: one vendor's idempotency key means one pizza, byte for byte,
//! also after a restart.
//!
//! Reading order: [`serve`] → `router` → `api` (one file a noun) → `vendors` and `ledger`, memory and
//! disk; for an order `api/order` → `pizza`. `chaos` says what a window does, `listener` is where
//! `down` happens, `codes` and `vendor_key` are how a vendor gets its key.

mod api;
mod badge_svg;
mod chaos;
mod codes;
mod config;
mod cors;
mod edge;
mod endpoint;
mod error;
mod factory;
mod key;
mod ledger;
mod listener;
mod mail;
mod pizza;
mod private_file;
mod problem;
mod profile;
mod router;
mod secret;
mod vendor_key;
mod vendors;

pub use config::{FactoryConfig, RsaBits, SeedVendor, UnknownRsaBits};
pub use error::FactoryError;
pub use mail::Mail;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::factory::Factory;

/// Runs a factory on `listener` until `shutdown`, then finishes what is under way.
///
/// The listener's port is taken again after each `down`, so it must be free for that.
pub async fn serve(
    listener: TcpListener,
    config: FactoryConfig,
    shutdown: CancellationToken,
) -> Result<(), FactoryError> {
    let address = listener.local_addr().map_err(FactoryError::Listener)?;
    let factory = Factory::open(config, address).await?;
    let pruning = tokio::spawn(ledger::prune_hourly(factory.clone()));
    listener::run(listener, address, factory.clone(), &shutdown).await;
    pruning.abort();
    // It is gone, or it would hold the ledger open.
    let _ = pruning.await;
    factory.finish().await;
    Ok(())
}

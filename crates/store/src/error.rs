//! What can go wrong with a store, whatever was asked of it.

use std::error::Error;

/// The store cannot promise anything now. Nothing was changed, or the change is found by its token.
///
/// The text of the cause is for the log; nobody outside ever sees it.
#[derive(Debug, thiserror::Error)]
#[error("the store is unavailable")]
pub struct StoreError {
    #[source]
    cause: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// Wraps what a backend reports.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: cause.into() }
    }
}

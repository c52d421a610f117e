//! The menu and who owns which store, at hand: read by every order, written once in a while.
//!
//! A write on this instance is seen at once; one on another instance within [`FRESH`].

use bytes::Bytes;
use domain::{FranchiseId, Menu, StoreId};
use moka::sync::Cache;
use std::{sync::Arc, time::Duration};
use store::{Store, StoreError};

/// How old what is at hand may be.
const FRESH: Duration = Duration::from_secs(1);
/// Stores that are kept at hand; more are looked up each time.
const STORES: u64 = 10_000;

/// What is on offer.
pub struct Catalogue {
    store: Arc<dyn Store>,
    menu: Cache<(), Arc<Offer>>,
    stores: Cache<StoreId, FranchiseId>,
}

/// The menu, and the same as JSON.
pub struct Offer {
    /// The menu.
    pub menu: Menu,
    /// Its JSON, written once for all who ask.
    pub json: Bytes,
}

impl Catalogue {
    /// Nothing at hand yet.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            menu: Cache::builder().max_capacity(1).time_to_live(FRESH).build(),
            stores: Cache::builder().max_capacity(STORES).time_to_live(FRESH).build(),
        }
    }

    /// What can be ordered.
    pub async fn offer(&self) -> Result<Arc<Offer>, StoreError> {
        if let Some(offer) = self.menu.get(&()) {
            return Ok(offer);
        }
        let menu = self.store.menu().await?;
        let json = serde_json::to_vec(&menu).map_err(StoreError::new)?;
        let offer = Arc::new(Offer { menu, json: Bytes::from(json) });
        self.menu.insert((), Arc::clone(&offer));
        Ok(offer)
    }

    /// Whether this store is one of this franchise.
    pub async fn sells(&self, franchise: FranchiseId, store: StoreId) -> Result<bool, StoreError> {
        if let Some(owner) = self.stores.get(&store) {
            return Ok(owner == franchise);
        }
        let owner = self.store.franchise_of(store).await?;
        if let Some(owner) = owner {
            self.stores.insert(store, owner);
        }
        Ok(owner == Some(franchise))
    }

    /// Forgets what is at hand, after a write.
    pub fn changed(&self) {
        self.menu.invalidate_all();
        self.stores.invalidate_all();
    }
}

//! The vendors and their chaos, in memory: each order asks for them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use factory_api::ChaosKind;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::chaos::Window;
use crate::secret::Fingerprint;

/// Somebody who may order pizzas.
#[derive(Clone)]
pub(crate) struct Vendor {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) key: Fingerprint,
    /// Stands for the vendor in report links, where its key must not be.
    pub(crate) report_token: String,
    /// The last chaos window, over or not.
    pub(crate) window: Option<Window>,
}

impl Vendor {
    /// The window that is planned or running at `now`.
    pub(crate) fn chaos(&self, now: Timestamp) -> Option<&Window> {
        self.window.as_ref().filter(|window| !window.is_over(now))
    }
}

/// All vendors. Whoever waits for a change of their chaos can subscribe to it.
pub(crate) struct Vendors {
    by_id: RwLock<HashMap<String, Arc<Vendor>>>,
    id_by_key: HashMap<Fingerprint, String>,
    id_by_report_token: HashMap<Fingerprint, String>,
    changed: watch::Sender<()>,
}

impl Vendors {
    pub(crate) fn new(vendors: Vec<Vendor>) -> Self {
        Self {
            id_by_key: vendors.iter().map(|v| (v.key, v.id.clone())).collect(),
            id_by_report_token: vendors
                .iter()
                .map(|v| (Fingerprint::of(&v.report_token), v.id.clone()))
                .collect(),
            by_id: RwLock::new(
                vendors.into_iter().map(|vendor| (vendor.id.clone(), Arc::new(vendor))).collect(),
            ),
            changed: watch::Sender::new(()),
        }
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<Arc<Vendor>> {
        let vendors = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        vendors.get(id).cloned()
    }

    pub(crate) fn by_key(&self, api_key: &str) -> Option<Arc<Vendor>> {
        self.by_id(self.id_by_key.get(&Fingerprint::of(api_key))?)
    }

    /// The vendor that a report link is about: by its token, or by its key as in historic links.
    pub(crate) fn by_report(&self, token: &str) -> Option<Arc<Vendor>> {
        let token = Fingerprint::of(token);
        let id = self.id_by_report_token.get(&token);
        self.by_id(id.or_else(|| self.id_by_key.get(&token))?)
    }

    pub(crate) fn set_chaos(&self, id: &str, window: Option<Window>) {
        let mut vendors = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(vendor) = vendors.get_mut(id) {
            Arc::make_mut(vendor).window = window;
        }
        drop(vendors);
        self.changed.send_replace(());
    }

    /// The next time, begun or not, when the factory is to be down.
    pub(crate) fn next_down(&self, now: Timestamp) -> Option<Window> {
        let vendors = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        vendors
            .values()
            .filter_map(|vendor| vendor.chaos(now))
            .filter(|window| window.kind == ChaosKind::Down)
            .min_by_key(|window| window.start)
            .cloned()
    }

    /// Tells of each change of anybody's chaos.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }
}

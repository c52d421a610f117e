//! The vendors, in memory: each order asks for them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use factory_api::ChaosKind;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::chaos::Window;
use crate::profile::Profile;
use crate::secret::Fingerprint;

/// Somebody who may order pizzas.
#[derive(Clone)]
pub(crate) struct Vendor {
    pub(crate) id: String,
    pub(crate) profile: Profile,
    pub(crate) created: Timestamp,
    pub(crate) is_admin: bool,
    /// The keys it may call with: the one it is told when it signs in and, for a vendor of the
    /// configuration, the configured one.
    pub(crate) keys: [Fingerprint; 2],
    /// What its key is made from.
    pub(crate) key_salt: String,
    /// Stands for the vendor in report links, where its key must not be.
    pub(crate) report_token: String,
    /// By purpose.
    pub(crate) connections: BTreeMap<String, Connection>,
    /// The last chaos window, over or not.
    pub(crate) window: Option<Window>,
}

/// A vendor's wish for a partner, and the partner once there is one.
#[derive(Clone, PartialEq)]
pub(crate) struct Connection {
    /// Another vendor's id.
    pub(crate) partner: Option<String>,
    pub(crate) created: Timestamp,
    /// What this vendor thinks of its partner, 1 to 5.
    pub(crate) rating: Option<u8>,
}

impl Vendor {
    /// The window that is planned or running at `now`.
    pub(crate) fn chaos(&self, now: Timestamp) -> Option<&Window> {
        self.window.as_ref().filter(|window| !window.is_over(now))
    }

    /// Whether this vendor waits for a partner for this purpose.
    fn waits_for(&self, purpose: &str) -> bool {
        self.connections.get(purpose).is_some_and(|connection| connection.partner.is_none())
    }
}

/// All vendors. Whoever waits for a change can subscribe to it.
pub(crate) struct Vendors {
    known: RwLock<Known>,
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct Known {
    by_id: HashMap<String, Arc<Vendor>>,
    id_by_key: HashMap<Fingerprint, String>,
    id_by_report_token: HashMap<Fingerprint, String>,
}

impl Vendors {
    pub(crate) fn new(vendors: Vec<Vendor>) -> Self {
        let mut known = Known::default();
        vendors.into_iter().for_each(|vendor| known.put(vendor));
        Self { known: RwLock::new(known), changed: watch::Sender::new(()) }
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<Arc<Vendor>> {
        self.read().by_id.get(id).cloned()
    }

    pub(crate) fn by_key(&self, api_key: &str) -> Option<Arc<Vendor>> {
        let known = self.read();
        known.by_id.get(known.id_by_key.get(&Fingerprint::of(api_key))?).cloned()
    }

    /// The vendor that a report link is about: by its token, or by its key as in historic links.
    pub(crate) fn by_report(&self, token: &str) -> Option<Arc<Vendor>> {
        let token = Fingerprint::of(token);
        let known = self.read();
        let id = known.id_by_report_token.get(&token);
        known.by_id.get(id.or_else(|| known.id_by_key.get(&token))?).cloned()
    }

    /// Everybody, by id.
    pub(crate) fn all(&self) -> Vec<Arc<Vendor>> {
        let mut all: Vec<_> = self.read().by_id.values().cloned().collect();
        all.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        all
    }

    pub(crate) fn count(&self) -> usize {
        self.read().by_id.len()
    }

    /// Who but `except` has waited longest for a partner for this purpose.
    pub(crate) fn longest_waiting(&self, purpose: &str, except: &str) -> Option<Arc<Vendor>> {
        self.read()
            .by_id
            .values()
            .filter(|vendor| vendor.id != except && vendor.waits_for(purpose))
            .min_by_key(|vendor| (vendor.connections[purpose].created, vendor.id.clone()))
            .cloned()
    }

    /// A vendor as it and administrators see it at `now`: with what its partners tell about
    /// themselves, without any secret.
    pub(crate) fn shown(&self, vendor: &Vendor, now: Timestamp) -> factory_api::Vendor {
        let Profile { name, git_hub_url, website, phone, email } = vendor.profile.clone();
        let roles = if vendor.is_admin { &["vendor", "admin"][..] } else { &["vendor"] };
        let connections = vendor.connections.iter();
        factory_api::Vendor {
            id: vendor.id.clone(),
            name,
            git_hub_url,
            website,
            phone,
            email,
            created: Some(vendor.created),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            connections: connections
                .map(|(purpose, connection)| (purpose.clone(), self.shown_connection(purpose, connection)))
                .collect(),
            chaos: vendor.chaos(now).map(|window| window.shown(now)),
        }
    }

    fn shown_connection(&self, purpose: &str, connection: &Connection) -> factory_api::Connection {
        let partner = connection.partner.as_deref().and_then(|id| self.by_id(id));
        let profile = partner.as_ref().map(|partner| partner.profile.clone()).unwrap_or_default();
        factory_api::Connection {
            id: partner.map(|partner| partner.id.clone()),
            purpose: purpose.to_owned(),
            created: connection.created,
            name: profile.name,
            phone: profile.phone,
            email: profile.email,
            website: profile.website,
            rating: connection.rating,
        }
    }

    /// Adds a vendor, or puts it in the place of an earlier one.
    pub(crate) fn put(&self, vendor: Vendor) {
        self.write().put(vendor);
        self.changed.send_replace(());
    }

    /// Forgets a vendor, and that others were its partners.
    pub(crate) fn remove(&self, id: &str) {
        self.write().remove(id);
        self.changed.send_replace(());
    }

    /// Forgets the connections of a vendor, those for one purpose or all, and their other ends.
    pub(crate) fn disconnect(&self, id: &str, purpose: Option<&str>) {
        self.write().disconnect(id, purpose);
    }

    /// The next time, begun or not, when the factory is to be down.
    pub(crate) fn next_down(&self, now: Timestamp) -> Option<Window> {
        self.read()
            .by_id
            .values()
            .filter_map(|vendor| vendor.chaos(now))
            .filter(|window| window.kind == ChaosKind::Down)
            .min_by_key(|window| window.start)
            .cloned()
    }

    /// Tells of each change.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// A vendor's keys and report token never change while it is known.
    fn put(&mut self, vendor: Vendor) {
        for key in vendor.keys {
            self.id_by_key.insert(key, vendor.id.clone());
        }
        self.id_by_report_token.insert(Fingerprint::of(&vendor.report_token), vendor.id.clone());
        self.by_id.insert(vendor.id.clone(), Arc::new(vendor));
    }

    fn remove(&mut self, id: &str) {
        self.disconnect(id, None);
        self.by_id.remove(id);
        self.id_by_key.retain(|_, owner| owner != id);
        self.id_by_report_token.retain(|_, owner| owner != id);
    }

    fn disconnect(&mut self, id: &str, purpose: Option<&str>) {
        for vendor in self.by_id.values_mut() {
            let concerns = |its_purpose: &str, connection: &Connection| {
                purpose.is_none_or(|purpose| purpose == its_purpose)
                    && (vendor.id == id || connection.partner.as_deref() == Some(id))
            };
            if vendor.connections.iter().any(|(purpose, connection)| concerns(purpose, connection)) {
                let mut left = vendor.connections.clone();
                left.retain(|purpose, connection| !concerns(purpose, connection));
                Arc::make_mut(vendor).connections = left;
            }
        }
    }
}

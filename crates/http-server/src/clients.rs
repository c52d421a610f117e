//! How many connections each client has.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The connections of each client, counted if there is a limit.
pub(crate) struct Clients {
    most: Option<usize>,
    open: Mutex<HashMap<IpAddr, usize>>,
}

impl Clients {
    pub(crate) fn new(most: Option<usize>) -> Arc<Self> {
        Arc::new(Self { most, open: Mutex::default() })
    }

    /// A place for one more connection from this address, unless its client has as many as it may.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let Some(most) = self.most else { return Some(Place(None)) };
        let client = client(address);
        let mut open = self.open();
        let connections = open.entry(client).or_default();
        if *connections >= most {
            return None;
        }
        *connections += 1;
        Some(Place(Some((Arc::clone(self), client))))
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that counts until this is dropped.
pub(crate) struct Place(Option<(Arc<Clients>, IpAddr)>);

impl Drop for Place {
    fn drop(&mut self) {
        let Some((clients, client)) = self.0.take() else { return };
        let mut open = clients.open();
        if let Some(connections) = open.get_mut(&client) {
            *connections -= 1;
            if *connections == 0 {
                open.remove(&client);
            }
        }
    }
}

/// Whoever has one IPv6 address has the 2⁶⁴ of its network.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(network))
        }
        v4 => v4,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_client_has_a_limit_of_its_own_and_gets_places_back() {
        let clients = Clients::new(Some(2));
        let first = clients.admit(ip("10.0.0.1")).unwrap();
        let _second = clients.admit(ip("::ffff:10.0.0.1")).unwrap();
        assert!(clients.admit(ip("10.0.0.1")).is_none());
        assert!(clients.admit(ip("10.0.0.2")).is_some());
        drop(first);
        assert!(clients.admit(ip("10.0.0.1")).is_some());
    }

    #[test]
    fn a_network_of_64_bits_is_one_client() {
        let clients = Clients::new(Some(1));
        let _place = clients.admit(ip("2001:db8:1:2::1")).unwrap();
        assert!(clients.admit(ip("2001:db8:1:2:ffff::9")).is_none());
        assert!(clients.admit(ip("2001:db8:1:3::1")).is_some());
    }

    #[test]
    fn nobody_is_remembered_who_has_no_connection() {
        let clients = Clients::new(Some(1));
        drop(clients.admit(ip("10.0.0.1")));
        assert!(clients.open().is_empty());
    }
}

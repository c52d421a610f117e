//! Guessing passwords takes for ever: failed logins are counted for each account from each address.
//!
//! A right password from another address is never locked out, and a successful login counts against nobody.

use moka::sync::Cache;
use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

const WINDOW: Duration = Duration::from_secs(60);
/// Account-address pairs that are remembered at one time; the least recently used go first.
const REMEMBERED: u64 = 100_000;

/// Counts failed logins.
pub struct LoginGuard {
    failures: Cache<(String, IpAddr), Arc<Failures>>,
    limit: u32,
}

struct Failures {
    since: Instant,
    count: AtomicU32,
}

impl LoginGuard {
    /// Allows this many failures a minute for one account from one address.
    pub fn new(limit: u32) -> Self {
        let failures = Cache::builder().max_capacity(REMEMBERED).time_to_live(WINDOW).build();
        Self { failures, limit }
    }

    /// How long this account must wait at this address, if it must.
    pub fn must_wait(&self, email: &str, address: IpAddr) -> Option<Duration> {
        let failures = self.failures.get(&key(email, address))?;
        (failures.count.load(Ordering::Relaxed) >= self.limit).then(|| failures.wait())
    }

    /// A login failed. How long the account must wait if it had failed too often already: of guesses that
    /// were sent together, no more may learn that they are wrong than of guesses sent one by one.
    pub fn failed(&self, email: &str, address: IpAddr) -> Option<Duration> {
        let first = || Arc::new(Failures { since: Instant::now(), count: AtomicU32::new(0) });
        let failures = self.failures.get_with(key(email, address), first);
        let before = failures.count.fetch_add(1, Ordering::Relaxed);
        (before >= self.limit).then(|| failures.wait())
    }
}

impl Failures {
    fn wait(&self) -> Duration {
        WINDOW.saturating_sub(self.since.elapsed()).max(Duration::from_secs(1))
    }
}

/// No account has a longer address, so what is longer need not be told apart, or remembered.
const LONGEST_EMAIL: usize = 255;

fn key(email: &str, address: IpAddr) -> (String, IpAddr) {
    let email: String = email.chars().take(LONGEST_EMAIL).collect();
    (email.to_lowercase(), network(address))
}

/// Whoever has one IPv6 address has the 2⁶⁴ of its network, and would have as many tries.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
        address => address,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_from_one_address_are_enough_and_another_address_is_free() {
        let guard = LoginGuard::new(10);
        let [here, elsewhere] = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2])];
        for _ in 0..10 {
            assert_eq!(guard.must_wait("d@jwt.com", here), None);
            assert_eq!(guard.failed("D@jwt.com", here), None);
        }
        let wait = guard.must_wait("d@jwt.com", here).expect("exhausted");
        assert!(wait > Duration::ZERO && wait <= WINDOW);
        assert_eq!(guard.must_wait("d@jwt.com", elsewhere), None);
        assert_eq!(guard.must_wait("a@jwt.com", here), None);
    }

    #[test]
    fn a_failure_beyond_the_limit_must_wait_even_if_it_was_let_in_before() {
        let guard = LoginGuard::new(1);
        let here = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(guard.failed("d@jwt.com", here), None);
        assert!(guard.failed("d@jwt.com", here).is_some());
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_are_one() {
        let same = |one: &str, other: &str| network(one.parse().unwrap()) == network(other.parse().unwrap());
        assert!(same("2001:db8::1", "2001:db8::ffff:1"));
        assert!(!same("2001:db8::1", "2001:db8:0:1::1"));
        assert!(!same("203.0.113.8", "203.0.113.9"));
        assert!(same("::ffff:203.0.113.9", "203.0.113.9"));
        assert!(!same("::ffff:203.0.113.8", "::ffff:203.0.113.9"));
    }

    #[test]
    fn an_endless_address_is_not_remembered_in_full() {
        let (email, _) = key(&"x".repeat(60_000), IpAddr::from([127, 0, 0, 1]));
        assert_eq!(email.len(), LONGEST_EMAIL);
    }
}

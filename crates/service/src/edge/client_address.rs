//! Who a request is from, if it may have come through proxies.

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A proxy of ours, or a network of such: `10.0.0.7` or `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TrustedProxy(IpNet);

impl TryFrom<String> for TrustedProxy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let address = text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
        let network = address.or_else(|_| text.parse::<IpNet>());
        network.map(Self).map_err(|_| format!("{text:?} is neither an address nor a network like 10.0.0.0/8"))
    }
}

/// Whom a request is from: its peer, or if that is a proxy of ours, whoever came to that. Proxies append to
/// `X-Forwarded-For`, so it is read from its end; whatever a stranger wrote there is never reached.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[TrustedProxy]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|proxy| proxy.0.contains(&address));
    let mut client = peer.to_canonical();
    let lines: Vec<&str> =
        headers.get_all(X_FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or_default()).collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !is_trusted(client) {
            break;
        }
        match address(hop.trim()) {
            Some(address) => client = address.to_canonical(),
            None => break,
        }
    }
    client
}

/// Whether whoever asks came by HTTPS: we speak none, so only a proxy of ours can know.
pub fn came_by_https(peer: IpAddr, headers: &HeaderMap, trusted: &[TrustedProxy]) -> bool {
    let peer = peer.to_canonical();
    let proto = headers.get_all(X_FORWARDED_PROTO).iter().next_back().and_then(|proto| proto.to_str().ok());
    trusted.iter().any(|proxy| proxy.0.contains(&peer))
        && proto.and_then(|proto| proto.rsplit(',').next()).is_some_and(|proto| proto.trim() == "https")
}

/// Some proxies write a port, and brackets around IPv6.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The client of a request with these lines of `X-Forwarded-For`; 10.0.0.0/8 and fd00::1 are our proxies.
    fn client(peer: &str, lines: &[&'static str]) -> String {
        let trusted: Vec<_> =
            ["10.0.0.0/8", "fd00::1"].map(|proxy| TrustedProxy::try_from(proxy.to_owned()).unwrap()).into();
        let headers =
            lines.iter().map(|line| (X_FORWARDED_FOR, axum::http::HeaderValue::from_static(line))).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_is_who_they_are_whatever_they_say() {
        assert_eq!(client("203.0.113.9", &[]), "203.0.113.9");
        assert_eq!(client("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client("203.0.113.9", &["10.0.0.1"]), "203.0.113.9");
    }

    #[test]
    fn behind_proxies_it_is_the_last_who_is_none() {
        assert_eq!(client("10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["198.51.100.1, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["198.51.100.1, 203.0.113.9,10.0.0.2"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["198.51.100.1", "203.0.113.9", "10.0.0.3"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["10.0.0.2, 10.0.0.3"]), "10.0.0.2");
        assert_eq!(client("fd00::1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(client("::ffff:10.0.0.1", &["::ffff:203.0.113.9"]), "203.0.113.9");
    }

    #[test]
    fn ports_and_brackets_are_understood() {
        assert_eq!(client("10.0.0.1", &["203.0.113.9:4711"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(client("10.0.0.1", &["[2001:db8::7]"]), "2001:db8::7");
    }

    #[test]
    fn only_a_proxy_of_ours_is_believed_about_https() {
        let trusted = [TrustedProxy::try_from("10.0.0.0/8".to_owned()).unwrap()];
        let https = |peer: &str, proto: &'static str| {
            let headers =
                [(X_FORWARDED_PROTO, axum::http::HeaderValue::from_static(proto))].into_iter().collect();
            came_by_https(peer.parse().unwrap(), &headers, &trusted)
        };
        assert!(https("10.0.0.1", "https") && https("10.0.0.1", "http, https"));
        assert!(!https("10.0.0.1", "http") && !https("10.0.0.1", "https, http"));
        assert!(!https("203.0.113.9", "https"));
    }

    #[test]
    fn nonsense_ends_the_search() {
        assert_eq!(client("10.0.0.1", &["203.0.113.9, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["203.0.113.9, , 10.0.0.2"]), "10.0.0.2");
        assert_eq!(client("10.0.0.1", &[""]), "10.0.0.1");
    }

    #[test]
    fn what_is_no_address_and_no_network_is_refused() {
        for text in ["", "proxy.example", "10.0.0.0/33", "10.0.0/8", "*"] {
            assert!(TrustedProxy::try_from(text.to_owned()).unwrap_err().contains("neither"), "{text}");
        }
    }
}

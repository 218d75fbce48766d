//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::extract::ConnectInfo;
use http::HeaderMap;
use http::request::Parts;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The proxies in front of the server, whose word about the caller's address counts. None by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address of the caller: that of the connection; and when it is a trusted proxy's, the rightmost one of `X-Forwarded-For` that
    /// is not. What stands further left anyone may have written. `None` when the server does not know the connection.
    #[must_use]
    pub fn caller(&self, parts: &Parts) -> Option<IpAddr> {
        let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(self.behind(peer.ip().to_canonical(), &parts.headers))
    }

    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer;
        if !self.trust(nearest) {
            return nearest;
        }
        // A header may be there several times; together they are one list, in order (RFC 9110 section 5.3).
        for line in headers.get_all(FORWARDED_FOR).iter().rev() {
            for entry in line.to_str().unwrap_or_default().rsplit(',') {
                // Behind an entry that is no address nothing can be trusted.
                let Some(address) = address(entry.trim()) else { return nearest };
                nearest = address;
                if !self.trust(nearest) {
                    return nearest;
                }
            }
        }
        nearest
    }
}

impl FromStr for TrustedProxies {
    type Err = String;

    /// Reads CIDR blocks and single addresses, separated by commas or spaces.
    fn from_str(text: &str) -> Result<Self, String> {
        text.split([',', ' '])
            .filter(|entry| !entry.is_empty())
            .map(|entry| {
                entry
                    .parse::<IpNet>()
                    .or_else(|_| entry.parse::<IpAddr>().map(IpNet::from))
                    .map_err(|_| format!("`{entry}` is no network: write a CIDR block such as 10.0.0.0/8"))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// An address with or without a port, an IPv6 one with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    plain
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn caller(trusted: &str, peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        let proxies: TrustedProxies = trusted.parse().unwrap();
        proxies.behind(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn the_header_counts_only_from_a_trusted_proxy() {
        assert_eq!(caller("", "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(caller("10.0.0.0/8", "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(caller("10.0.0.0/8", "10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(caller("10.0.0.0/8", "10.1.2.3", &[]), "10.1.2.3");
    }

    #[test]
    fn the_rightmost_untrusted_address_counts_never_the_leftmost() {
        let lines = ["1.2.3.4, 198.51.100.1", "10.9.9.9"];
        assert_eq!(caller("10.0.0.0/8", "10.1.2.3", &lines), "198.51.100.1");
        assert_eq!(caller("10.0.0.0/8 198.51.100.0/24", "10.1.2.3", &lines), "1.2.3.4");
    }

    #[test]
    fn an_entry_that_is_no_address_ends_the_trust() {
        for odd in ["unknown", "", "1.2.3.4.5", "198.51.100.1 x", "_hidden"] {
            assert_eq!(caller("10.0.0.0/8", "10.1.2.3", &[&format!("198.51.100.1,{odd}")]), "10.1.2.3", "{odd}");
        }
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_read() {
        for (entry, read) in [
            ("198.51.100.1:4711", "198.51.100.1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
        ] {
            assert_eq!(caller("10.0.0.0/8", "10.1.2.3", &[entry]), read, "{entry}");
        }
    }

    #[test]
    fn networks_that_are_none_are_named() {
        assert!("10.0.0.0/8,x".parse::<TrustedProxies>().unwrap_err().contains("`x`"));
    }

    proptest! {
        #[test]
        fn what_a_stranger_writes_on_the_left_changes_nothing(left in "[0-9a-f.:, ]{0,60}") {
            let plain = caller("10.0.0.0/8", "10.1.2.3", &["198.51.100.1"]);
            prop_assert_eq!(caller("10.0.0.0/8", "10.1.2.3", &[&format!("{left},198.51.100.1")]), plain);
        }
    }
}

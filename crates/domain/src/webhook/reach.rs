//! Which addresses a webhook may go to: none inside the operator's own network, unless the operator allows it. A partner chooses the
//! address, and must not reach with our hands what it can't reach with its own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), prefix)
}

const fn v6(first: u16, second: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), prefix)
}

/// The networks of IANA's registry of special-purpose IPv4 addresses (RFC 6890), multicast, and what clouds keep for themselves.
const INNER_V4: [Ipv4Net; 19] = [
    v4(0, 0, 0, 8),       // this network
    v4(10, 0, 0, 8),      // private
    v4(100, 64, 0, 10),   // shared by a provider's customers (RFC 6598)
    v4(127, 0, 0, 8),     // loopback
    v4(169, 254, 0, 16),  // link-local, with the metadata of clouds
    v4(172, 16, 0, 12),   // private
    v4(192, 0, 0, 24),    // protocol assignments
    v4(192, 0, 2, 24),    // documentation
    v4(192, 31, 196, 24), // AS112
    v4(192, 52, 193, 24), // AMT
    v4(192, 88, 99, 24),  // 6to4 relays, abolished
    v4(192, 168, 0, 16),  // private
    v4(192, 175, 48, 24), // AS112
    v4(198, 18, 0, 15),   // benchmarks
    v4(198, 51, 100, 24), // documentation
    v4(203, 0, 113, 24),  // documentation
    v4(224, 0, 0, 4),     // multicast
    v4(240, 0, 0, 4),     // reserved, and broadcast
    // Public, but in each machine of Azure it is the host that the machine runs on, with its secrets.
    Ipv4Net::new_assert(Ipv4Addr::new(168, 63, 129, 16), 32),
];

/// All that is given out for the internet lies in here; loopback, unspecified, link-local, unique-local and multicast do not.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);

/// What of it is not for the internet.
const INNER_V6: [Ipv6Net; 3] = [
    v6(0x2001, 0, 23),     // protocol assignments, Teredo and benchmarks among them
    v6(0x2001, 0xdb8, 32), // documentation
    v6(0x3fff, 0, 20),     // documentation
];

/// IPv4 behind a translator (NAT64, RFC 6052).
const NAT64: Ipv6Net = v6(0x64, 0xff9b, 96);

/// IPv4 behind 6to4 (RFC 3056).
const SIX_TO_FOUR: Ipv6Net = v6(0x2002, 0, 16);

/// Whether an address is none of the internet: one of this machine or its networks, or one that nobody may have.
#[must_use]
pub fn is_inner(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => INNER_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) => {
            let octets = address.octets();
            let embedded = |at: usize| Ipv4Addr::new(octets[at], octets[at + 1], octets[at + 2], octets[at + 3]);
            if NAT64.contains(&address) {
                return is_inner(embedded(12).into());
            }
            if SIX_TO_FOUR.contains(&address) {
                return is_inner(embedded(2).into());
            }
            !GLOBAL_V6.contains(&address) || INNER_V6.iter().any(|network| network.contains(&address))
        }
    }
}

/// What webhooks may reach: the internet and what the operator allows besides, without what the operator denies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    allowed: Vec<IpNet>,
    denied: Vec<IpNet>,
}

impl Reach {
    /// The internet, and these networks.
    #[must_use]
    pub const fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed, denied: Vec::new() }
    }

    /// The same without these networks, also where they are allowed: public addresses of the operator's own, of which nobody else knows that
    /// they are.
    #[must_use]
    pub fn without(self, denied: Vec<IpNet>) -> Self {
        Self { denied, ..self }
    }

    /// Whether a webhook may go to this address. An IPv4 address mapped into IPv6 counts as the IPv4 address that it is.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let is_in = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&address));
        !is_in(&self.denied) && (!is_inner(address) || is_in(&self.allowed))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn inner(text: &str) -> bool {
        is_inner(text.parse().unwrap())
    }

    #[test]
    fn what_is_not_of_the_internet_is_inner() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.9",
            "192.88.99.1",
            "168.63.129.16",
            "192.52.193.1",
            "192.168.1.1",
            "192.175.48.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "64:ff9b::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(inner(address), "{address}");
        }
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "168.63.129.15",
            "168.63.129.17",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2001:200::1",
            "2002:101:101::1",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(!inner(address), "{address}");
        }
    }

    #[test]
    fn what_the_operator_allows_is_reached() {
        let reach = Reach::new(vec!["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        for address in ["10.1.2.3", "::ffff:10.1.2.3", "fd12::1", "1.1.1.1"] {
            assert!(reach.has(address.parse().unwrap()), "{address}");
        }
        for address in ["10.2.0.1", "127.0.0.1", "64:ff9b::10.1.2.3"] {
            assert!(!reach.has(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn what_the_operator_denies_is_not_reached_even_where_it_is_allowed() {
        let denied = ["2a01:4f8::/32", "10.1.2.0/24", "8.8.0.0/16"].map(|network| network.parse().unwrap());
        let reach = Reach::new(vec!["10.1.0.0/16".parse().unwrap()]).without(denied.to_vec());
        for address in ["2a01:4f8::1", "10.1.2.3", "::ffff:8.8.8.8", "8.8.4.4"] {
            assert!(!reach.has(address.parse().unwrap()), "{address}");
        }
        for address in ["2a01:4f9::1", "10.1.3.1", "8.9.0.1"] {
            assert!(reach.has(address.parse().unwrap()), "{address}");
        }
    }

    proptest! {
        #[test]
        fn an_ipv4_address_is_the_same_in_every_coat(bits: u32) {
            let plain = Ipv4Addr::from(bits);
            let [a, b, c, d] = plain.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            for coat in [
                plain.to_ipv6_mapped(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            ] {
                prop_assert_eq!(is_inner(coat.into()), is_inner(plain.into()), "{}", coat);
            }
        }
    }
}

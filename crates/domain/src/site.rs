//! What one caller has of the address space.

use std::net::{IpAddr, Ipv6Addr};

/// An IPv4 address itself, or the /64 of an IPv6 one, which is what one subscriber is given at least (RFC 6177).
#[must_use]
pub fn site(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriber_is_one_caller() {
        let of = |text: &str| site(text.parse().unwrap()).to_string();
        assert_eq!((of("192.0.2.1"), of("2001:db8:0:1:2:3:4:5")), ("192.0.2.1".into(), "2001:db8:0:1::".into()));
    }
}

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Fault;

/// Below the range from which systems hand out ports by themselves, so that nobody gets ours while a server is stopped and is
/// to start again on the same one.
const FIRST: u32 = 20_000;
const COUNT: u32 = 10_000;

/// A TCP port of 127.0.0.1 on which nobody listens.
pub(crate) fn free() -> Result<u16, Fault> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // 7919 and 10,000 have no common factor: neighbouring processes, which start together, search far from each other.
    let start = process::id().wrapping_mul(7919);
    for _ in 0..COUNT {
        let number = FIRST + start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let port = u16::try_from(number).expect("29,999 at most");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Fault::NoPort)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_free_and_not_given_twice() {
        let first = free().unwrap();
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        assert_ne!(free().unwrap(), first);
        drop(held);
    }
}

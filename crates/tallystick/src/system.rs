//! The clock and the random source of the machine: the only places that ask for either.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::{Clock, Random, Timestamp};
use zeroize::Zeroize;

/// The clock of the machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the ambient time becomes a Clock")]
    fn now(&self) -> Timestamp {
        let now = SystemTime::now();
        let micros = match now.duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            // A clock before 1970 is wrong, and `doctor` says so; it must not stop the program.
            Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
        };
        Timestamp::from_micros(micros)
    }
}

/// The random source of the operating system, asked for a few hundred bytes at a time: a request needs some ten small pieces, and each would be
/// a call of the system.
#[derive(Clone, Copy, Debug)]
pub struct SystemRandom;

/// Random bytes that nobody has got yet.
struct Supply {
    bytes: [u8; 512],
    /// From here on they have been given out, and are zero.
    left: usize,
}

thread_local! {
    static SUPPLY: RefCell<Supply> = const { RefCell::new(Supply { bytes: [0; 512], left: 0 }) };
}

impl Supply {
    fn take(&mut self, into: &mut [u8]) {
        if into.len() > self.bytes.len() {
            return ask(into);
        }
        if into.len() > self.left {
            ask(&mut self.bytes);
            self.left = self.bytes.len();
        }
        let from = self.left - into.len();
        let given = &mut self.bytes[from..self.left];
        into.copy_from_slice(given);
        // What has become a key must not stand here as well.
        given.zeroize();
        self.left = from;
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where the ambient randomness becomes a Random")]
fn ask(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system has a random source, or nothing here is safe to do");
}

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // Gone only while the thread ends.
        if SUPPLY.try_with(|supply| supply.borrow_mut().take(bytes)).is_err() {
            ask(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_tells_a_time_after_this_was_written() {
        assert!(SystemClock.now() > Timestamp::parse_rfc3339("2025-01-01T00:00:00Z").unwrap());
    }

    #[test]
    fn two_fills_differ() {
        let (mut one, mut two) = ([0; 32], [0; 32]);
        SystemRandom.fill(&mut one);
        SystemRandom.fill(&mut two);
        assert_ne!(one, two);
    }

    #[test]
    fn nothing_is_given_out_twice_and_every_length_is_filled() {
        let mut seen = std::collections::HashSet::new();
        for length in (16..100).chain([511, 512, 513, 2_000]).cycle().take(2_000) {
            let mut bytes = vec![0; length];
            SystemRandom.fill(&mut bytes);
            assert!(seen.insert(bytes[..16].to_vec()), "{length}");
            assert!(seen.insert(bytes[length - 16..].to_vec()) || length == 16, "{length}");
        }
        SUPPLY.with_borrow(|supply| assert!(supply.bytes[supply.left..].iter().all(|byte| *byte == 0)));
    }
}

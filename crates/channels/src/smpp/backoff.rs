use std::time::Duration;

use domain::Random;

/// How long to wait before the next try to connect.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    pub(super) const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// The connection stood.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// Doubles with each failure up to the longest. Up to half is left off at random, so that many do not come back at once.
    pub(super) fn next(&mut self, random: &dyn Random) -> Duration {
        let whole = self.first.saturating_mul(2_u32.saturating_pow(self.failures)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        let mut byte = [0];
        random.fill(&mut byte);
        whole - whole / 2 * u32::from(byte[0]) / 255
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Always(u8);

    impl Random for Always {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn doubles_up_to_the_longest_and_starts_again() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
        let mut waits = || (0..4).map(|_| backoff.next(&Always(0)).as_secs()).collect::<Vec<_>>();
        assert_eq!(waits(), [1, 2, 4, 5]);
        assert_eq!(waits(), [5, 5, 5, 5]);
        backoff.reset();
        assert_eq!(backoff.next(&Always(255)), Duration::from_millis(500));
    }

    #[test]
    fn never_overflows() {
        let mut backoff = Backoff::new(Duration::MAX, Duration::MAX);
        for _ in 0..40 {
            assert!(backoff.next(&Always(0)) == Duration::MAX);
        }
    }
}

//! When to try again, and how long to wait before.

use std::time::Duration;

use crate::runtime::Runtime;

/// Exponential backoff with full jitter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    /// Retries after the first try.
    pub(crate) max_retries: u32,
    /// The ceiling of the first pause. Each further one doubles it.
    pub(crate) first_pause: Duration,
    /// The ceiling of every pause.
    pub(crate) longest_pause: Duration,
    /// The longest `Retry-After` that is waited out.
    pub(crate) longest_retry_after: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 3,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(10),
            longest_retry_after: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// The pause before the next try, after `retries` of them. `None`: give up, because there were enough of them, or because the
    /// server asks for a longer wait than a call may take. Coming back earlier than asked would only be refused again.
    pub(crate) fn pause(&self, retries: u32, retry_after: Option<Duration>, runtime: &dyn Runtime) -> Option<Duration> {
        if retries >= self.max_retries {
            return None;
        }
        let asked = retry_after.unwrap_or_default();
        if asked > self.longest_retry_after {
            return None;
        }
        let mut random = [0; 8];
        runtime.fill(&mut random);
        // On top of what was asked there is jitter too: the server told everybody the same time.
        Some(asked.saturating_add(part_of(self.ceiling(retries), u64::from_le_bytes(random))))
    }

    fn ceiling(&self, retries: u32) -> Duration {
        let factor = 1_u32.checked_shl(retries).unwrap_or(u32::MAX);
        self.first_pause.saturating_mul(factor).min(self.longest_pause)
    }
}

/// The part of `whole` that `random` stands for: nothing at 0, all but a nanosecond at most.
fn part_of(whole: Duration, random: u64) -> Duration {
    let nanos = u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX);
    let part = (u128::from(nanos) * u128::from(random)) >> 64;
    Duration::from_nanos(u64::try_from(part).unwrap_or(nanos))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::OffsetDateTime;

    use super::*;
    use crate::runtime::Wait;

    /// Answers with the same random number every time.
    struct Dice(u64);

    impl Runtime for Dice {
        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::UNIX_EPOCH
        }

        fn fill(&self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&self.0.to_le_bytes());
        }

        fn sleep(&self, _: Duration) -> Wait<'_> {
            Box::pin(std::future::ready(()))
        }
    }

    #[test]
    fn the_ceiling_doubles_up_to_the_longest_pause_and_three_retries_are_enough() {
        let policy = RetryPolicy { max_retries: 8, ..RetryPolicy::default() };
        let half = Dice(1 << 63);
        let pauses: Vec<u128> = (0..8).map(|n| policy.pause(n, None, &half).unwrap().as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(RetryPolicy::default().pause(3, None, &half), None);
    }

    #[test]
    fn what_the_server_asks_for_is_waited_in_full_or_not_at_all() {
        let (policy, half) = (RetryPolicy::default(), Dice(1 << 63));
        let minute = Duration::from_secs(60);
        assert_eq!(policy.pause(0, Some(minute), &half), Some(minute + Duration::from_millis(100)));
        assert_eq!(policy.pause(0, Some(minute + Duration::from_nanos(1)), &half), None);
    }

    proptest! {
        #[test]
        fn a_pause_never_exceeds_its_ceiling(
            random: u64, retries: u32, first in 0..u64::MAX, longest in 0..u64::MAX, asked in proptest::option::of(0..u64::MAX),
        ) {
            let policy = RetryPolicy {
                max_retries: u32::MAX,
                first_pause: Duration::from_secs(first),
                longest_pause: Duration::from_secs(longest),
                longest_retry_after: Duration::MAX,
            };
            let asked = asked.map(Duration::from_secs);
            if let Some(pause) = policy.pause(retries, asked, &Dice(random)) {
                let floor = asked.unwrap_or_default();
                prop_assert!(pause >= floor);
                prop_assert!(pause <= floor.saturating_add(policy.longest_pause));
            } else {
                prop_assert_eq!(retries, u32::MAX);
            }
        }
    }
}

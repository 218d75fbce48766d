//! How many messages a second a channel may be asked to send.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How much of what was missed is made up for: timers wake a little late.
const SLACK: Duration = Duration::from_millis(20);

/// The pace of a channel.
#[derive(Debug)]
pub(super) struct Pace {
    /// The time of one message; zero is no limit.
    each: Duration,
    /// From when on the next one may go; `None` before the first.
    next: Option<Instant>,
}

impl Pace {
    pub(super) fn new(per_second: Option<NonZeroU32>) -> Self {
        Self { each: per_second.map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate.get()), next: None }
    }

    pub(super) fn is_ready(&self, now: Instant) -> bool {
        self.next.is_none_or(|next| next <= now)
    }

    /// Counts a message that goes now.
    pub(super) fn count(&mut self, now: Instant) {
        if self.each.is_zero() {
            return;
        }
        let due = self.next.map_or(now, |next| now.checked_sub(SLACK).map_or(next, |earliest| next.max(earliest)));
        self.next = Some(due + self.each);
    }

    /// Waits until the next one may go.
    pub(super) async fn ready(&self) {
        if let Some(next) = self.next {
            sleep_until(next).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many go in `steps` steps of a clock that wakes every `step`.
    fn sent(rate: Option<u32>, step: Duration, steps: u32) -> u32 {
        let mut pace = Pace::new(rate.and_then(NonZeroU32::new));
        let (start, mut sent) = (super::super::now(), 0);
        for tick in 0..steps {
            let now = start + step * tick;
            while pace.is_ready(now) && sent < 100_000 {
                pace.count(now);
                sent += 1;
            }
        }
        sent
    }

    #[test]
    fn it_is_kept_though_timers_wake_late() {
        for rate in [1, 7, 999, 10_000] {
            for step in [1, 3, 11] {
                let of_ten_seconds =
                    sent(Some(rate), Duration::from_millis(step), u32::try_from(10_000 / step).unwrap());
                let wanted = rate * 10;
                assert!(of_ten_seconds.abs_diff(wanted) <= wanted / 50 + rate / 50 + 1, "{rate}: {of_ten_seconds}");
            }
        }
    }

    #[test]
    fn what_was_missed_for_long_is_not_made_up_for() {
        let mut pace = Pace::new(NonZeroU32::new(100));
        let start = super::super::now();
        pace.count(start);
        let later = start + Duration::from_secs(60);
        let mut at_once = 0;
        while pace.is_ready(later) {
            pace.count(later);
            at_once += 1;
        }
        assert_eq!(at_once, 3);
        assert_eq!(sent(None, Duration::from_secs(1), 1), 100_000);
    }
}

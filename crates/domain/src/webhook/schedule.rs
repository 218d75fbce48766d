//! When a webhook is tried again: over three days, as the guide of Standard Webhooks has it.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// The pauses behind each try that failed, in seconds; behind the last one it is given up.
const PAUSES: [u64; 9] = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// The pause before the next try when `tries` have failed; `None` when that was the last. It is [`spread`] by `random`.
#[must_use]
pub fn pause(tries: i64, random: u64) -> Option<Duration> {
    let place = usize::try_from(tries.max(1) - 1).ok()?;
    PAUSES.get(place).map(|seconds| spread(Duration::from_secs(*seconds), random))
}

/// The pause with up to a tenth added, so that what failed together does not come back together.
#[must_use]
pub fn spread(pause: Duration, random: u64) -> Duration {
    let tenth = u64::try_from((pause / 10).as_micros()).unwrap_or(u64::MAX);
    pause + Duration::from_micros(random % tenth.saturating_add(1))
}

/// The longest time from the first try to the last, when nothing else holds them up.
#[must_use]
pub fn longest() -> Duration {
    let whole = Duration::from_secs(PAUSES.iter().sum());
    whole + whole / 10
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_goes_on_for_three_days() {
        let all: Vec<_> = (1..).map_while(|tries| pause(tries, 0)).collect();
        assert_eq!(all.len(), 9);
        assert!(all.is_sorted());
        let sum: Duration = all.iter().sum();
        assert!(sum > Duration::from_secs(72 * HOUR) && longest() < Duration::from_secs(96 * HOUR));
        assert_eq!(pause(0, 7), pause(1, 7));
        assert_eq!((pause(10, 7), pause(i64::MAX, 7)), (None, None));
    }

    proptest! {
        #[test]
        fn at_most_a_tenth_is_added(tries in 1..10_i64, random: u64) {
            let (least, found) = (pause(tries, 0).unwrap(), pause(tries, random).unwrap());
            prop_assert!(found >= least && found <= least + least / 10);
        }
    }
}

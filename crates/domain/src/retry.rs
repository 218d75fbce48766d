//! How long to wait before another try.

use std::time::Duration;

/// The most tries of one message that fail for reasons that may pass. With the pauses of [`pause`] the last comes some two hours after
/// the first.
pub const MOST_TRIES: i64 = 20;

const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// The pause before the next try when `tries` have failed: it doubles from two seconds to a quarter of an hour, and lies anywhere between
/// half of that and the whole, by `random`, so that messages that failed together do not come back together.
#[must_use]
pub fn pause(tries: i64, random: u64) -> Duration {
    let doublings = u32::try_from(tries.saturating_sub(1).clamp(0, 16)).unwrap_or(0);
    let whole = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let half = whole / 2;
    let share = u64::try_from(half.as_micros()).unwrap_or(u64::MAX).max(1);
    half + Duration::from_micros(random % (share + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_doubles_up_to_a_quarter_of_an_hour() {
        assert_eq!(pause(1, 0), Duration::from_secs(1));
        assert_eq!(pause(3, 0), Duration::from_secs(4));
        assert_eq!(pause(100, 0), LONGEST / 2);
        assert_eq!(pause(0, 0), pause(1, 0));
    }

    proptest! {
        #[test]
        fn it_lies_between_half_and_whole(tries in -5..1_000_i64, random: u64) {
            let (least, found) = (pause(tries, 0), pause(tries, random));
            prop_assert!(found >= least && found <= least * 2);
        }
    }
}
